// SPDX-License-Identifier: Apache-2.0
// Jinja's default Undefined: prints as nothing, is false and empty, and fails on every other use with its origin.
package io.qwenjet.engine.template;

record Undefined(String reason, boolean unsafe) {
    static Undefined variable(String name) {
        return new Undefined("'" + name + "' is undefined", false);
    }

    static Undefined because(String reason) {
        return new Undefined(reason, false);
    }

    /** What the sandbox hands out for forbidden attributes: harmless until used. */
    static Undefined forbidden(String attribute, String owner) {
        return new Undefined("access to attribute '" + attribute + "' of '" + owner + "' object is unsafe.", true);
    }

    TemplateException failure(RenderState state) {
        return unsafe ? state.security(reason) : state.error(reason);
    }
}
