// SPDX-License-Identifier: Apache-2.0
// A node of the expression tree. Nodes are immutable; everything that changes lives in the Scope.
package io.qwenjet.engine.template;

interface Expression {
    int line();

    Object compute(Scope scope);

    default Object eval(Scope scope) {
        RenderState state = scope.state();
        state.at(line());
        state.enter();
        Object value = compute(scope);
        state.leave();
        return value;
    }
}
