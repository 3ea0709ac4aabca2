// SPDX-License-Identifier: Apache-2.0
// Filters by name. Parameter names and defaults are Jinja's, because templates pass them by keyword.
package io.qwenjet.engine.template;

import java.util.HashMap;
import java.util.Map;

final class Filters {
    @FunctionalInterface
    interface Filter {
        Object apply(Object value, Arguments arguments, RenderState state);
    }

    private static final Map<String, Filter> BY_NAME = register();

    private Filters() {}

    static boolean exists(String name) {
        return BY_NAME.containsKey(name);
    }

    static Object apply(String name, Object value, Arguments arguments, RenderState state) {
        Filter filter = BY_NAME.get(name);
        if (filter == null) {
            throw state.error("unknown filter '" + name + "'");
        }
        if (value instanceof Undefined undefined && undefined.unsafe()) {
            throw undefined.failure(state);
        }
        state.enter();
        Object result = filter.apply(value, arguments, state);
        state.leave();
        return result;
    }

    /** The argument, or {@code fallback} when it was not given. */
    static Object or(Object argument, Object fallback) {
        return argument == Arguments.ABSENT ? fallback : argument;
    }

    private static Map<String, Filter> register() {
        Map<String, Filter> filters = new HashMap<>();
        filters.put("tojson", JsonWriter::filter);
        filters.put("default", Filters::defaulted);
        filters.put("d", Filters::defaulted);
        filters.put("length", Filters::length);
        filters.put("count", Filters::length);
        filters.put("attr", (v, a, s) -> {
            String name = TextMethods.string(a.bind(s, "attr", 1, "name")[0], "attr", s);
            return v instanceof Map ? Undefined.because("'dict object' has no attribute '" + name + "'")
                    : Access.attribute(v, name, s);
        });
        filters.put("int", NumberFilters::toInt);
        filters.put("float", NumberFilters::toFloat);
        filters.put("abs", NumberFilters::abs);
        filters.put("round", NumberFilters::round);
        TextFilters.register(filters);
        SequenceFilters.register(filters);
        return Map.copyOf(filters);
    }

    private static Object defaulted(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "default", 0, "default_value", "boolean");
        boolean missing = value instanceof Undefined || (Values.truth(or(a[1], false)) && !Values.truth(value));
        return missing ? or(a[0], "") : value;
    }

    private static Object length(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "length", 0);
        int length = Values.length(value);
        if (length < 0) {
            throw state.error("object of type '" + Values.typeName(value) + "' has no len()");
        }
        return (long) length;
    }
}
