// SPDX-License-Identifier: Apache-2.0
// The arguments of one call and their binding to parameter names under Python's rules.
package io.qwenjet.engine.template;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());
    /** Marks an optional parameter that was not given; distinct from none. */
    static final Object ABSENT = new Object();

    static Arguments of(Object... positional) {
        return new Arguments(Arrays.asList(positional), Map.of());
    }

    Arguments withoutFirst(int count) {
        return new Arguments(positional.subList(count, positional.size()), named);
    }

    /** Values in the order of {@code names}; the first {@code required} must be present. */
    Object[] bind(RenderState state, String callee, int required, String... names) {
        if (positional.size() > names.length) {
            throw state.error(callee + " takes at most " + names.length + " arguments, got " + positional.size());
        }
        Object[] values = new Object[names.length];
        Arrays.fill(values, ABSENT);
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
        }
        for (Map.Entry<String, Object> entry : named.entrySet()) {
            int at = Arrays.asList(names).indexOf(entry.getKey());
            if (at < 0) {
                throw state.error(callee + " got an unexpected keyword argument '" + entry.getKey() + "'");
            }
            if (values[at] != ABSENT) {
                throw state.error(callee + " got multiple values for argument '" + entry.getKey() + "'");
            }
            values[at] = entry.getValue();
        }
        for (int i = 0; i < required; i++) {
            if (values[i] == ABSENT) {
                throw state.error(callee + " missing required argument '" + names[i] + "'");
            }
        }
        return values;
    }
}
