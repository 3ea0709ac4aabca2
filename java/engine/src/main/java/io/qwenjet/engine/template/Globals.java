// SPDX-License-Identifier: Apache-2.0
// The functions every template sees: Jinja's own and the two that Hugging Face adds.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Namespace;
import io.qwenjet.engine.template.Values.Range;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Globals {
    /** As in Jinja's sandbox. */
    private static final long MAX_RANGE = 100_000;

    private static final Map<String, Object> ALL = Map.of(
            "raise_exception", (Function) Globals::raiseException,
            "strftime_now", (Function) Globals::strftimeNow,
            "range", (Function) Globals::range,
            "dict", (Function) (state, arguments) -> dict(arguments, state),
            "namespace", (Function) (state, arguments) -> new Namespace(attributes(arguments, state)),
            "joiner", (Function) Globals::joiner,
            "cycler", (Function) Globals::cycler);

    private Globals() {}

    static Map<String, Object> all() {
        return ALL;
    }

    private static Object raiseException(RenderState state, Arguments arguments) {
        throw state.raised(Repr.str(arguments.bind(state, "raise_exception", 1, "message")[0], state));
    }

    private static Object strftimeNow(RenderState state, Arguments arguments) {
        String format = TextMethods.string(arguments.bind(state, "strftime_now", 1, "format")[0], "strftime_now", state);
        return Strftime.format(format, ZonedDateTime.now(state.clock()), state);
    }

    private static Object range(RenderState state, Arguments arguments) {
        List<Object> a = arguments.positional();
        if (a.isEmpty() || a.size() > 3 || !arguments.named().isEmpty()) {
            throw state.error("range expects 1 to 3 positional arguments, got " + a.size());
        }
        long start = a.size() == 1 ? 0 : TextMethods.integer(a.get(0), "range", state);
        long stop = TextMethods.integer(a.get(a.size() == 1 ? 0 : 1), "range", state);
        long step = a.size() < 3 ? 1 : TextMethods.integer(a.get(2), "range", state);
        if (step == 0) {
            throw state.error("range() arg 3 must not be zero");
        }
        double span = step > 0 ? (double) stop - start : (double) start - stop;
        double size = span <= 0 ? 0 : Math.floor((span - 1) / Math.abs((double) step)) + 1;
        if (size > MAX_RANGE) {
            throw state.limit("range of " + (long) size + " elements, at most " + MAX_RANGE + " are allowed");
        }
        return new Range(start, step, (int) size);
    }

    private static Map<Object, Object> dict(Arguments arguments, RenderState state) {
        if (arguments.positional().size() > 1) {
            throw state.error("dict expected at most 1 argument, got " + arguments.positional().size());
        }
        Map<Object, Object> map = new LinkedHashMap<>();
        for (Object source : arguments.positional()) {
            if (source instanceof Map<?, ?> other) {
                state.reserveElements(other.size());
                map.putAll(other);
                continue;
            }
            for (Object pair : Values.elements(source, state)) {
                List<Object> entry = Values.elements(pair, state);
                if (entry.size() != 2) {
                    throw state.error("dictionary update sequence element has length " + entry.size() + "; 2 is required");
                }
                CollectionMethods.put(map, entry.get(0), entry.get(1), state);
            }
        }
        map.putAll(arguments.named());
        return map;
    }

    private static Map<String, Object> attributes(Arguments arguments, RenderState state) {
        Map<String, Object> ordered = new LinkedHashMap<>();
        for (Map.Entry<Object, Object> entry : dict(arguments, state).entrySet()) {
            ordered.put(Repr.str(entry.getKey(), state), entry.getValue());
        }
        return ordered;
    }

    private static Object joiner(RenderState state, Arguments arguments) {
        Object separator = Filters.or(arguments.bind(state, "joiner", 0, "sep")[0], ", ");
        boolean[] used = {false};
        return (Function) (s, none) -> {
            Object result = used[0] ? separator : "";
            used[0] = true;
            return result;
        };
    }

    /** {@code cycler(a, b)}: an object with next(), reset() and current. */
    private static Object cycler(RenderState state, Arguments arguments) {
        List<Object> values = arguments.positional();
        if (values.isEmpty()) {
            throw state.error("at least one item has to be provided");
        }
        Map<String, Object> attributes = new HashMap<>();
        int[] at = {0};
        attributes.put("current", values.get(0));
        attributes.put("next", (Function) (s, none) -> {
            Object current = values.get(at[0]);
            at[0] = (at[0] + 1) % values.size();
            attributes.put("current", values.get(at[0]));
            return current;
        });
        attributes.put("reset", (Function) (s, none) -> {
            at[0] = 0;
            attributes.put("current", values.get(0));
            return null;
        });
        return new Namespace(attributes);
    }
}
