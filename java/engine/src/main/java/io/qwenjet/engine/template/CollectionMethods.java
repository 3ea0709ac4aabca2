// SPDX-License-Identifier: Apache-2.0
// The read-only methods of dict, list and tuple, and which names the immutable sandbox refuses.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Tuple;
import io.qwenjet.engine.template.Values.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class CollectionMethods {
    private static final Set<String> DICT = Set.of("get", "items", "keys", "values", "copy", "fromkeys");
    private static final Set<String> DICT_MUTATORS = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> LIST = Set.of("count", "index", "copy");
    private static final Set<String> LIST_MUTATORS =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

    private CollectionMethods() {}

    static boolean isMutator(Object owner, String name) {
        return (owner instanceof Map && DICT_MUTATORS.contains(name)) || (Values.isList(owner) && LIST_MUTATORS.contains(name));
    }

    static boolean exists(Object owner, String name) {
        return (owner instanceof Map && DICT.contains(name))
                || (owner instanceof List && LIST.contains(name) && (Values.isList(owner) || !name.equals("copy")));
    }

    static Object call(Object owner, String name, Arguments arguments, RenderState state) {
        return owner instanceof Map<?, ?> map ? callMap(map, name, arguments, state)
                : callList((List<?>) owner, name, arguments, state);
    }

    private static Object callMap(Map<?, ?> map, String name, Arguments arguments, RenderState state) {
        switch (name) {
            case "get" -> {
                if (!arguments.named().isEmpty()) {
                    throw state.error("dict.get() takes no keyword arguments");
                }
                Object[] a = arguments.bind(state, "get", 1, "key", "default");
                requireHashable(a[0], state);
                Object value = Access.lookup(map, a[0], state);
                return value != Arguments.ABSENT ? value : a[1] == Arguments.ABSENT ? null : a[1];
            }
            case "items" -> {
                arguments.bind(state, "items", 0);
                return new View("dict_items", pairs(map, state));
            }
            case "keys", "values" -> {
                arguments.bind(state, name, 0);
                state.reserveElements(map.size());
                return new View("dict_" + name, new ArrayList<>(name.equals("keys") ? map.keySet() : map.values()));
            }
            case "copy" -> {
                arguments.bind(state, "copy", 0);
                state.reserveElements(map.size());
                return new LinkedHashMap<>(map);
            }
            default -> throw state.error("method dict." + name + " is not supported");
        }
    }

    static List<Object> pairs(Map<?, ?> map, RenderState state) {
        state.reserveElements(map.size());
        List<Object> pairs = new ArrayList<>(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            pairs.add(Tuple.of(entry.getKey(), entry.getValue()));
        }
        return pairs;
    }

    private static Object callList(List<?> list, String name, Arguments arguments, RenderState state) {
        if (name.equals("copy")) {
            arguments.bind(state, "copy", 0);
            state.reserveElements(list.size());
            return new ArrayList<Object>(list);
        }
        Object wanted = arguments.bind(state, name, 1, "value")[0];
        state.charge(list.size());
        long count = 0;
        for (int i = 0; i < list.size(); i++) {
            if (Operators.equal(list.get(i), wanted, state)) {
                if (name.equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (name.equals("index")) {
            throw state.error(Repr.repr(wanted, state) + " is not in list");
        }
        return count;
    }

    static void requireHashable(Object key, RenderState state) {
        if (!isHashable(key, state)) {
            throw state.error("unhashable type: '" + Values.typeName(key) + "'");
        }
    }

    static boolean isHashable(Object key, RenderState state) {
        if (key instanceof Tuple tuple) {
            state.enter();
            boolean result = true;
            for (Object element : tuple) {
                result &= isHashable(element, state);
            }
            state.leave();
            return result;
        }
        return key == null || Values.text(key) != null || Numbers.of(key) != null;
    }

    /** Adds to a dict under construction, keeping the first of equal keys as Python does. */
    static void put(Map<Object, Object> map, Object key, Object value, RenderState state) {
        requireHashable(key, state);
        Object plain = Values.text(key) != null ? Values.text(key) : key;
        if (Numbers.of(plain) != null && !map.containsKey(plain)) {
            for (Object existing : map.keySet()) {
                if (Numbers.of(existing) != null && Operators.equal(existing, plain, state)) {
                    plain = existing;
                    break;
                }
            }
        }
        map.put(plain, value);
    }
}
