// SPDX-License-Identifier: Apache-2.0
// Python's binary operators on template values: equality, ordering, membership, + and * of text and sequences.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Generator;
import io.qwenjet.engine.template.Values.Markup;
import io.qwenjet.engine.template.Values.Range;
import io.qwenjet.engine.template.Values.Tuple;
import io.qwenjet.engine.template.Values.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class Operators {
    private Operators() {}

    static boolean equal(Object a, Object b, RenderState state) {
        if (a == b) {
            return !(a instanceof Double d && d.isNaN());
        }
        Number x = Numbers.of(a);
        Number y = Numbers.of(b);
        if (x != null && y != null) {
            return !Numbers.isNan(x) && !Numbers.isNan(y) && Numbers.compare(x, y) == 0;
        }
        if (Values.text(a) != null && Values.text(b) != null) {
            return Values.text(a).equals(Values.text(b));
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        state.enter();
        boolean result = false;
        if (a instanceof List<?> p && b instanceof List<?> q) {
            result = Values.typeName(a).equals(Values.typeName(b)) && p.size() == q.size();
            for (int i = 0; result && i < p.size(); i++) {
                result = p.get(i) == q.get(i) || equal(p.get(i), q.get(i), state);
            }
        } else if (a instanceof Map<?, ?> p && b instanceof Map<?, ?> q) {
            result = p.size() == q.size();
            for (Map.Entry<?, ?> entry : p.entrySet()) {
                if (!result) {
                    break;
                }
                Object other = Access.lookup(q, entry.getKey(), state);
                result = other != Arguments.ABSENT && (other == entry.getValue() || equal(entry.getValue(), other, state));
            }
        } else if (a instanceof View p && b instanceof View q && p.type().equals("dict_items")) {
            result = equal(p.elements(), q.elements(), state);
        }
        state.leave();
        return result;
    }

    /** Three-way order for {@code < <= > >=} and sorting; types that Python does not order are an error. */
    static int compare(Object a, Object b, String operator, RenderState state) {
        Number x = Numbers.of(a);
        Number y = Numbers.of(b);
        if (x != null && y != null) {
            return Numbers.compare(x, y);
        }
        if (Values.text(a) != null && Values.text(b) != null) {
            return PyText.compare(Values.text(a), Values.text(b));
        }
        failIfUndefined(a, state);
        failIfUndefined(b, state);
        boolean sequences = (a instanceof Tuple && b instanceof Tuple) || (Values.isList(a) && Values.isList(b));
        if (!sequences) {
            throw state.error("'" + operator + "' not supported between instances of '" + Values.typeName(a) + "' and '"
                    + Values.typeName(b) + "'");
        }
        List<?> p = (List<?>) a;
        List<?> q = (List<?>) b;
        state.enter();
        int order = Integer.compare(p.size(), q.size());
        for (int i = 0; i < Math.min(p.size(), q.size()); i++) {
            if (!equal(p.get(i), q.get(i), state)) {
                order = compare(p.get(i), q.get(i), operator, state);
                break;
            }
        }
        state.leave();
        return order;
    }

    static boolean ordered(Object a, Object b, String operator, RenderState state) {
        int order = compare(a, b, operator, state);
        Number x = Numbers.of(a);
        Number y = Numbers.of(b);
        if ((x != null && Numbers.isNan(x)) || (y != null && Numbers.isNan(y))) {
            return false;
        }
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    static boolean contains(Object container, Object element, RenderState state) {
        String text = Values.text(container);
        if (text != null) {
            String part = Values.text(element);
            if (part == null) {
                throw state.error("'in <string>' requires string as left operand, not " + Values.typeName(element));
            }
            state.charge(text.length());
            return text.contains(part);
        }
        if (container instanceof Map<?, ?> map) {
            CollectionMethods.requireHashable(element, state);
            return Access.lookup(map, element, state) != Arguments.ABSENT;
        }
        if (!Values.isIterable(container)) {
            if (container instanceof Undefined undefined) {
                throw undefined.failure(state);
            }
            throw state.error("argument of type '" + Values.typeName(container) + "' is not iterable");
        }
        if (container instanceof Generator generator) {
            while (!generator.isEmpty()) {
                if (equal(generator.takeFirst(), element, state)) {
                    return true;
                }
            }
            return false;
        }
        List<Object> elements = Values.elements(container, state);
        state.charge(elements.size());
        for (Object candidate : elements) {
            if (candidate == element || equal(candidate, element, state)) {
                return true;
            }
        }
        return false;
    }

    static Object binary(String operator, Object a, Object b, RenderState state) {
        if (a instanceof Undefined undefined) {
            throw undefined.failure(state);
        }
        if (operator.equals("%") && Values.text(a) != null) {
            return Formatting.percent(Values.text(a), b, state);
        }
        failIfUndefined(b, state);
        Number x = Numbers.of(a);
        Number y = Numbers.of(b);
        if (x != null && y != null) {
            return switch (operator) {
                case "+" -> Numbers.add(x, y, state);
                case "-" -> Numbers.subtract(x, y, state);
                case "*" -> Numbers.multiply(x, y, state);
                case "/" -> Numbers.divide(x, y, state);
                case "//" -> Numbers.floorDivide(x, y, state);
                case "%" -> Numbers.modulo(x, y, state);
                default -> Numbers.power(x, y, state);
            };
        }
        Object result = switch (operator) {
            case "+" -> concatenate(a, b, state);
            case "*" -> x != null ? repeat(b, x, state) : y != null ? repeat(a, y, state) : null;
            default -> null;
        };
        if (result == null) {
            throw state.error("unsupported operand type(s) for " + operator + ": '" + Values.typeName(a) + "' and '"
                    + Values.typeName(b) + "'");
        }
        return result;
    }

    private static Object concatenate(Object a, Object b, RenderState state) {
        String left = Values.text(a);
        String right = Values.text(b);
        if (left != null && right != null) {
            state.reserveText((long) left.length() + right.length());
            if (a instanceof Markup || b instanceof Markup) {
                return new Markup(escapeUnlessMarkup(a) + escapeUnlessMarkup(b));
            }
            return left + right;
        }
        if (left != null) {
            throw state.error("can only concatenate str (not \"" + Values.typeName(b) + "\") to str");
        }
        boolean tuples = a instanceof Tuple && b instanceof Tuple;
        if (tuples || (Values.isList(a) && Values.isList(b))) {
            List<?> p = (List<?>) a;
            List<?> q = (List<?>) b;
            state.reserveElements((long) p.size() + q.size());
            List<Object> joined = new ArrayList<>(p.size() + q.size());
            joined.addAll(p);
            joined.addAll(q);
            return tuples ? new Tuple(joined) : joined;
        }
        return null;
    }

    private static Object repeat(Object sequence, Number times, RenderState state) {
        if (times instanceof Double) {
            return null;
        }
        long count = Math.max(0, Math.min(times.longValue(), Integer.MAX_VALUE));
        if (!(times instanceof Long)) {
            count = Numbers.big(times).signum() < 0 ? 0 : Integer.MAX_VALUE;
        }
        String text = Values.text(sequence);
        if (text != null) {
            state.reserveText(count * text.length());
            String repeated = text.repeat(text.isEmpty() ? 0 : (int) count);
            return sequence instanceof Markup ? new Markup(repeated) : repeated;
        }
        if (sequence instanceof List<?> list && !(sequence instanceof Range)) {
            state.reserveElements(count * list.size());
            List<Object> repeated = new ArrayList<>();
            for (long i = 0; i < count && !list.isEmpty(); i++) {
                repeated.addAll(list);
            }
            return sequence instanceof Tuple ? new Tuple(repeated) : repeated;
        }
        return null;
    }

    private static String escapeUnlessMarkup(Object value) {
        return value instanceof Markup m ? m.text() : escapeHtml((String) value);
    }

    static String escapeHtml(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    static void failIfUndefined(Object value, RenderState state) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure(state);
        }
    }
}
