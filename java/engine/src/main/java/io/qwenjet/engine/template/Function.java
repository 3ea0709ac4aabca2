// SPDX-License-Identifier: Apache-2.0
// Anything a template can call: globals, bound methods, macros, loop.cycle.
package io.qwenjet.engine.template;

@FunctionalInterface
interface Function {
    Object call(RenderState state, Arguments arguments);
}
