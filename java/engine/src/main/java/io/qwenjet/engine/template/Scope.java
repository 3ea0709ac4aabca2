// SPDX-License-Identifier: Apache-2.0
// A chain of variable tables. Assignment goes to the innermost one, which is what keeps Jinja's loop bodies, macros
// and capture blocks from leaking; `if` opens none.
package io.qwenjet.engine.template;

import java.util.HashMap;
import java.util.Map;

final class Scope {
    private final Scope parent;
    private final RenderState state;
    private Map<String, Object> variables;

    Scope(RenderState state, Map<String, Object> variables) {
        this.parent = null;
        this.state = state;
        this.variables = variables;
    }

    Scope(Scope parent) {
        this.parent = parent;
        this.state = parent.state;
    }

    RenderState state() {
        return state;
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            if (scope.variables != null) {
                Object value = scope.variables.get(name);
                if (value != null || scope.variables.containsKey(name)) {
                    return value;
                }
            }
        }
        return Undefined.variable(name);
    }

    void set(String name, Object value) {
        if (variables == null) {
            variables = new HashMap<>();
        }
        variables.put(name, value);
    }
}
