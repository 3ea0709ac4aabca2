// SPDX-License-Identifier: Apache-2.0
// The value types that Java has no counterpart for, and the questions every operation asks of a value.
// Strings, Booleans, Long or BigInteger, Double, null, List and Map stand for Python's own types.
package io.qwenjet.engine.template;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Values {
    private Values() {}

    /** A str that Jinja believes to be escaped: plus and methods behave differently on it. */
    record Markup(String text) {}

    /** {@code namespace(...)}: the only value whose attributes a template may assign. */
    record Namespace(Map<String, Object> attributes) {}

    /** dict.keys(), values() and items(): iterable and sized, not subscriptable. */
    record View(String type, List<Object> elements) {}

    static final class Tuple extends AbstractList<Object> {
        private final List<Object> elements;

        Tuple(List<Object> elements) {
            this.elements = elements;
        }

        static Tuple of(Object a, Object b) {
            List<Object> pair = new ArrayList<>(2);
            pair.add(a);
            pair.add(b);
            return new Tuple(pair);
        }

        @Override
        public Object get(int index) {
            return elements.get(index);
        }

        @Override
        public int size() {
            return elements.size();
        }
    }

    static final class Range extends AbstractList<Object> {
        final long start;
        final long step;
        final int size;

        Range(long start, long step, int size) {
            this.start = start;
            this.step = step;
            this.size = size;
        }

        @Override
        public Object get(int index) {
            return start + index * step;
        }

        @Override
        public int size() {
            return size;
        }
    }

    /** Result of map, select and the like: can be walked once, has no length. */
    static final class Generator {
        private List<Object> elements;

        Generator(List<Object> elements) {
            this.elements = elements;
        }

        List<Object> take() {
            List<Object> rest = elements;
            elements = List.of();
            return rest;
        }

        Object takeFirst() {
            Object first = elements.get(0);
            elements = elements.subList(1, elements.size());
            return first;
        }

        boolean isEmpty() {
            return elements.isEmpty();
        }
    }

    static String typeName(Object value) {
        if (value == null) {
            return "NoneType";
        } else if (value instanceof String) {
            return "str";
        } else if (value instanceof Boolean) {
            return "bool";
        } else if (value instanceof Double) {
            return "float";
        } else if (value instanceof Number) {
            return "int";
        } else if (value instanceof Tuple) {
            return "tuple";
        } else if (value instanceof List) {
            return value instanceof Range ? "range" : "list";
        } else if (value instanceof Map) {
            return "dict";
        } else if (value instanceof View view) {
            return view.type();
        } else if (value instanceof Function) {
            return value instanceof Macro ? "Macro" : "function";
        }
        return value.getClass().getSimpleName();
    }

    /** The characters of a str or Markup, null for any other value. */
    static String text(Object value) {
        return value instanceof String s ? s : value instanceof Markup m ? m.text() : null;
    }

    static boolean isList(Object value) {
        return value instanceof List && !(value instanceof Tuple) && !(value instanceof Range);
    }

    static boolean truth(Object value) {
        if (value == null || value instanceof Undefined) {
            return false;
        } else if (value instanceof Boolean b) {
            return b;
        } else if (value instanceof Number n) {
            return !Numbers.isZero(n);
        } else if (text(value) != null) {
            return !text(value).isEmpty();
        } else if (value instanceof Collection<?> c) {
            return !c.isEmpty();
        } else if (value instanceof Map<?, ?> m) {
            return !m.isEmpty();
        } else if (value instanceof View v) {
            return !v.elements().isEmpty();
        }
        return true;
    }

    /** len(), or -1 when the type has none. */
    static int length(Object value) {
        if (text(value) != null) {
            return PyText.length(text(value));
        } else if (value instanceof Collection<?> c) {
            return c.size();
        } else if (value instanceof Map<?, ?> m) {
            return m.size();
        } else if (value instanceof View v) {
            return v.elements().size();
        } else if (value instanceof Loop loop) {
            return loop.length();
        }
        return value instanceof Undefined ? 0 : -1;
    }

    static boolean isIterable(Object value) {
        return length(value) >= 0 || value instanceof Generator;
    }

    /** The elements a for loop would see; consumes a generator. */
    @SuppressWarnings("unchecked")
    static List<Object> elements(Object value, RenderState state) {
        if (value instanceof List) {
            return (List<Object>) value;
        } else if (value instanceof Map<?, ?> map) {
            state.reserveElements(map.size());
            return new ArrayList<>(map.keySet());
        } else if (value instanceof View view) {
            return view.elements();
        } else if (text(value) != null) {
            state.reserveElements(text(value).length());
            return PyText.codePoints(text(value));
        } else if (value instanceof Generator generator) {
            return generator.take();
        } else if (value instanceof Undefined undefined) {
            if (undefined.unsafe()) {
                throw undefined.failure(state);
            }
            return List.of();
        }
        throw state.error("'" + typeName(value) + "' object is not iterable");
    }

    @SuppressWarnings("unchecked")
    static Map<Object, Object> map(Map<?, ?> value) {
        return (Map<Object, Object>) value;
    }

    /**
     * Copies a caller's variables into template values, so that nothing can change under a rendering and only
     * known types come in.
     */
    static Object adopt(Object value, RenderState state) {
        if (value == null || value instanceof String || value instanceof Boolean || value instanceof Function) {
            return value;
        } else if (value instanceof Number number) {
            return Numbers.adopt(number);
        }
        state.enter();
        Object result;
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>(map.size() * 2);
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                copy.put(adopt(entry.getKey(), state), adopt(entry.getValue(), state));
            }
            result = Collections.unmodifiableMap(copy);
        } else if (value instanceof Collection<?> list) {
            List<Object> copy = new ArrayList<>(list.size());
            for (Object element : list) {
                copy.add(adopt(element, state));
            }
            result = Collections.unmodifiableList(copy);
        } else {
            throw state.error("variable of type " + value.getClass().getName()
                    + ", expected Map, Collection, String, Number, Boolean or null");
        }
        state.leave();
        return result;
    }
}
