// SPDX-License-Identifier: Apache-2.0
// Attribute, subscript and slice lookup in Jinja's order: attribute syntax sees Python's methods before keys,
// subscript syntax sees keys before methods.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Markup;
import io.qwenjet.engine.template.Values.Namespace;
import io.qwenjet.engine.template.Values.Range;
import io.qwenjet.engine.template.Values.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class Access {
    private Access() {}

    static Object attribute(Object owner, String name, RenderState state) {
        Object found = pythonAttribute(owner, name, state);
        if (found == Arguments.ABSENT && owner instanceof Map<?, ?> map) {
            found = lookup(map, name, state);
        }
        return found == Arguments.ABSENT ? missing(owner, name, state) : found;
    }

    static Object item(Object owner, Object key, RenderState state) {
        Operators.failIfUndefined(owner, state);
        Object found = Arguments.ABSENT;
        if (owner instanceof Map<?, ?> map) {
            found = lookup(map, key, state);
        } else if (Numbers.of(key) instanceof Long index) {
            found = element(owner, index);
        }
        if (found == Arguments.ABSENT && Values.text(key) != null) {
            found = pythonAttribute(owner, Values.text(key), state);
        }
        return found == Arguments.ABSENT ? missing(owner, key, state) : found;
    }

    /** The value for a key, with Python's 1 == 1.0 == True; ABSENT when there is none. */
    static Object lookup(Map<?, ?> map, Object key, RenderState state) {
        Object plain = key instanceof Markup m ? m.text() : key;
        boolean isScalar = plain == null || plain instanceof String || Numbers.of(plain) != null;
        if (!isScalar && (!(plain instanceof Tuple) || !CollectionMethods.isHashable(plain, state))) {
            return Arguments.ABSENT;
        }
        Object value = map.get(plain);
        if (value != null || map.containsKey(plain)) {
            return value;
        }
        if (Numbers.of(plain) != null) {
            state.charge(map.size());
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (Numbers.of(entry.getKey()) != null && Operators.equal(entry.getKey(), plain, state)) {
                    return entry.getValue();
                }
            }
        }
        return Arguments.ABSENT;
    }

    private static Object element(Object owner, long index) {
        if (owner instanceof List<?> list) {
            long at = index < 0 ? index + list.size() : index;
            return at >= 0 && at < list.size() ? list.get((int) at) : Arguments.ABSENT;
        }
        String text = Values.text(owner);
        if (text == null) {
            return Arguments.ABSENT;
        }
        int length = PyText.length(text);
        long at = index < 0 ? index + length : index;
        if (at < 0 || at >= length) {
            return Arguments.ABSENT;
        }
        int offset = text.offsetByCodePoints(0, (int) at);
        return Character.toString(text.codePointAt(offset));
    }

    private static Object pythonAttribute(Object owner, String name, RenderState state) {
        if (owner instanceof Undefined undefined) {
            throw undefined.failure(state);
        }
        if (name.startsWith("__") && name.endsWith("__") && name.length() > 4) {
            return Undefined.forbidden(name, Values.typeName(owner));
        }
        if (owner instanceof Namespace namespace) {
            Object value = namespace.attributes().get(name);
            return value != null || namespace.attributes().containsKey(name) ? value : Arguments.ABSENT;
        }
        if (owner instanceof Loop loop) {
            return loop.attribute(name);
        }
        if (owner instanceof Macro macro) {
            return macro.attribute(name);
        }
        if (Values.text(owner) != null) {
            return TextMethods.NAMES.contains(name)
                    ? (Function) (s, arguments) -> TextMethods.call(owner, name, arguments, s) : Arguments.ABSENT;
        }
        if (CollectionMethods.isMutator(owner, name)) {
            return Undefined.forbidden(name, Values.typeName(owner));
        }
        return CollectionMethods.exists(owner, name)
                ? (Function) (s, arguments) -> CollectionMethods.call(owner, name, arguments, s) : Arguments.ABSENT;
    }

    private static Undefined missing(Object owner, Object key, RenderState state) {
        String type = owner == null ? "None" : Values.typeName(owner) + " object";
        String name = Values.text(key);
        return Undefined.because(name == null ? type + " has no element " + Repr.repr(key, state)
                : "'" + type + "' has no attribute '" + name + "'");
    }

    /** {@code owner[start:stop:step]}; null bounds mean the Python defaults. */
    static Object slice(Object owner, Object start, Object stop, Object step, RenderState state) {
        Operators.failIfUndefined(owner, state);
        String text = Values.text(owner);
        if (text == null && !(owner instanceof List)) {
            throw state.error("'" + Values.typeName(owner) + "' object cannot be sliced");
        }
        long stride = step == null ? 1 : bound(step, state);
        if (stride == 0) {
            throw state.error("slice step cannot be zero");
        }
        boolean plainText = text != null && PyText.length(text) == text.length();
        List<?> elements = text == null ? (List<?>) owner : plainText ? null : PyText.codePoints(text);
        int length = elements == null ? text.length() : elements.size();
        long from = start == null ? (stride < 0 ? length - 1 : 0) : clamp(bound(start, state), length, stride);
        long to = stop == null ? (stride < 0 ? -1 : length) : clamp(bound(stop, state), length, stride);
        long span = stride > 0 ? to - from : from - to;
        long count = span <= 0 ? 0 : (span - 1) / Math.abs(stride) + 1;
        if (text == null) {
            state.reserveElements(count);
        } else {
            state.reserveText(count);
        }
        if (plainText && stride == 1) {
            return rewrap(owner, count == 0 ? "" : text.substring((int) from, (int) to));
        }
        if (owner instanceof Range range) {
            return new Range(range.start + from * range.step, range.step * stride, (int) count);
        }
        StringBuilder joined = new StringBuilder();
        List<Object> picked = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            int at = (int) (from + i * stride);
            if (plainText) {
                joined.append(text.charAt(at));
            } else if (text != null) {
                joined.append(elements.get(at));
            } else {
                picked.add(elements.get(at));
            }
        }
        if (text != null) {
            return rewrap(owner, joined.toString());
        }
        return owner instanceof Tuple ? new Tuple(picked) : picked;
    }

    private static Object rewrap(Object owner, String text) {
        return owner instanceof Markup ? new Markup(text) : text;
    }

    private static long bound(Object value, RenderState state) {
        Number number = Numbers.of(value);
        if (number == null || number instanceof Double) {
            throw state.error("slice indices must be integers or none, got " + Values.typeName(value));
        }
        // Clamped so that adding a length cannot overflow.
        return Numbers.big(number).max(Numbers.big(-(1L << 40))).min(Numbers.big(1L << 40)).longValue();
    }

    private static long clamp(long index, int length, long stride) {
        long at = index < 0 ? index + length : index;
        long low = stride < 0 ? -1 : 0;
        long high = stride < 0 ? length - 1L : length;
        return Math.max(low, Math.min(high, at));
    }
}
