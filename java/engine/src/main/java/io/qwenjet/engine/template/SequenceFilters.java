// SPDX-License-Identifier: Apache-2.0
// Filters over sequences and mappings. Those that Jinja implements as generators give one-shot Generators here too.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Filters.Filter;
import io.qwenjet.engine.template.Values.Generator;
import io.qwenjet.engine.template.Values.Tuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

final class SequenceFilters {
    private SequenceFilters() {}

    static void register(Map<String, Filter> filters) {
        filters.put("items", SequenceFilters::items);
        filters.put("list", (v, a, s) -> copy(Values.elements(v, s), s));
        filters.put("first", SequenceFilters::first);
        filters.put("last", SequenceFilters::last);
        filters.put("join", SequenceFilters::join);
        filters.put("reverse", SequenceFilters::reverse);
        filters.put("sort", SequenceFilters::sort);
        filters.put("unique", SequenceFilters::unique);
        filters.put("dictsort", SequenceFilters::dictsort);
        filters.put("min", (v, a, s) -> extreme(v, a, s, false));
        filters.put("max", (v, a, s) -> extreme(v, a, s, true));
        filters.put("sum", SequenceFilters::sum);
        filters.put("batch", SequenceFilters::batch);
        filters.put("groupby", SequenceFilters::groupby);
        filters.put("map", SequenceFilters::map);
        filters.put("select", (v, a, s) -> select(v, a, s, true, false));
        filters.put("reject", (v, a, s) -> select(v, a, s, false, false));
        filters.put("selectattr", (v, a, s) -> select(v, a, s, true, true));
        filters.put("rejectattr", (v, a, s) -> select(v, a, s, false, true));
    }

    private static List<Object> copy(List<Object> elements, RenderState state) {
        state.reserveElements(elements.size());
        return new ArrayList<>(elements);
    }

    private static Object items(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "items", 0);
        if (value instanceof Undefined) {
            return new Generator(List.of());
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw state.error("Can only get item pairs from a mapping.");
        }
        return new Generator(CollectionMethods.pairs(map, state));
    }

    private static Object first(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "first", 0);
        if (value instanceof Generator generator && !generator.isEmpty()) {
            return generator.takeFirst();
        }
        List<Object> elements = Values.elements(value, state);
        return elements.isEmpty() ? Undefined.because("No first item, sequence was empty.") : elements.get(0);
    }

    private static Object last(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "last", 0);
        if (value instanceof Generator) {
            throw state.error("'generator' object is not reversible");
        }
        List<Object> elements = Values.elements(value, state);
        return elements.isEmpty() ? Undefined.because("No last item, sequence was empty.")
                : elements.get(elements.size() - 1);
    }

    private static Object join(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "join", 0, "d", "attribute");
        UnaryOperator<Object> getter = getter(Filters.or(a[1], null), null, state);
        List<Object> texts = new ArrayList<>();
        for (Object element : Values.elements(value, state)) {
            texts.add(Repr.str(getter.apply(element), state));
        }
        return TextMethods.join(Repr.str(Filters.or(a[0], ""), state), texts, state);
    }

    private static Object reverse(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "reverse", 0);
        if (Values.text(value) != null) {
            return Access.slice(value, null, null, -1L, state);
        }
        List<Object> reversed = copy(Values.elements(value, state), state);
        Collections.reverse(reversed);
        return value instanceof Generator ? reversed : new Generator(reversed);
    }

    private static Object sort(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "sort", 0, "reverse", "case_sensitive", "attribute");
        UnaryOperator<Object> key = foldingKeys(Filters.or(a[2], null), a[1], state);
        return Sorting.sort(Values.elements(value, state), key::apply, Values.truth(Filters.or(a[0], false)), state);
    }

    /** A comma in the attribute means several keys, compared as a tuple. */
    private static UnaryOperator<Object> foldingKeys(Object attribute, Object caseSensitive, RenderState state) {
        String names = Values.text(attribute);
        if (names == null || !names.contains(",")) {
            return foldingKey(attribute, caseSensitive, state);
        }
        List<UnaryOperator<Object>> getters = new ArrayList<>();
        for (String name : names.split(",")) {
            getters.add(foldingKey(name, caseSensitive, state));
        }
        return element -> {
            List<Object> keys = new ArrayList<>();
            getters.forEach(getter -> keys.add(getter.apply(element)));
            return new Tuple(keys);
        };
    }

    private static UnaryOperator<Object> foldingKey(Object attribute, Object caseSensitive, RenderState state) {
        UnaryOperator<Object> getter = getter(attribute, null, state);
        boolean fold = !Values.truth(Filters.or(caseSensitive, false));
        return element -> fold ? Sorting.foldCase(getter.apply(element)) : getter.apply(element);
    }

    private static Object unique(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "unique", 0, "case_sensitive", "attribute");
        UnaryOperator<Object> key = foldingKey(Filters.or(a[1], null), a[0], state);
        Map<Object, Object> seen = new LinkedHashMap<>();
        List<Object> kept = new ArrayList<>();
        for (Object element : Values.elements(value, state)) {
            Object folded = key.apply(element);
            CollectionMethods.requireHashable(folded, state);
            if (Access.lookup(seen, folded, state) == Arguments.ABSENT) {
                seen.put(folded, true);
                kept.add(element);
            }
        }
        return new Generator(kept);
    }

    private static Object dictsort(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "dictsort", 0, "case_sensitive", "by", "reverse");
        Object by = Filters.or(a[1], "key");
        if (!by.equals("key") && !by.equals("value")) {
            throw state.error("you can only sort by either \"key\" or \"value\"");
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw state.error("dictsort expects a mapping, got " + Values.typeName(value));
        }
        UnaryOperator<Object> key = foldingKey(by.equals("key") ? 0L : 1L, a[0], state);
        return Sorting.sort(CollectionMethods.pairs(map, state), key::apply, Values.truth(Filters.or(a[2], false)), state);
    }

    private static Object extreme(Object value, Arguments arguments, RenderState state, boolean largest) {
        Object[] a = arguments.bind(state, largest ? "max" : "min", 0, "case_sensitive", "attribute");
        List<Object> elements = Values.elements(value, state);
        if (elements.isEmpty()) {
            return Undefined.because("No aggregated item, sequence was empty.");
        }
        UnaryOperator<Object> key = foldingKey(Filters.or(a[1], null), a[0], state);
        Object best = elements.get(0);
        for (Object element : elements.subList(1, elements.size())) {
            int order = Operators.compare(key.apply(element), key.apply(best), largest ? ">" : "<", state);
            best = (largest ? order > 0 : order < 0) ? element : best;
        }
        return best;
    }

    private static Object sum(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "sum", 0, "attribute", "start");
        UnaryOperator<Object> getter = getter(Filters.or(a[0], null), null, state);
        Object total = Filters.or(a[1], 0L);
        for (Object element : Values.elements(value, state)) {
            total = Operators.binary("+", total, getter.apply(element), state);
        }
        return total;
    }

    private static Object batch(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "batch", 1, "linecount", "fill_with");
        long size = TextMethods.integer(a[0], "batch", state);
        List<Object> batches = new ArrayList<>();
        List<Object> current = new ArrayList<>();
        for (Object element : Values.elements(value, state)) {
            if (current.size() == size) {
                batches.add(current);
                current = new ArrayList<>();
            }
            current.add(element);
        }
        if (!current.isEmpty()) {
            if (Filters.or(a[1], null) != null) {
                state.reserveElements(Math.max(0, size));
                while (current.size() < size) {
                    current.add(a[1]);
                }
            }
            batches.add(current);
        }
        return new Generator(batches);
    }

    private static Object groupby(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "groupby", 1, "attribute", "default", "case_sensitive");
        UnaryOperator<Object> getter = getter(a[0], Filters.or(a[1], null), state);
        boolean fold = !Values.truth(Filters.or(a[2], false));
        UnaryOperator<Object> key = e -> fold ? Sorting.foldCase(getter.apply(e)) : getter.apply(e);
        List<Object> groups = new ArrayList<>();
        List<Object> members = null;
        Object previous = null;
        for (Object element : Sorting.sort(Values.elements(value, state), key::apply, false, state)) {
            Object current = key.apply(element);
            if (members == null || !Operators.equal(previous, current, state)) {
                members = new ArrayList<>();
                groups.add(Tuple.of(getter.apply(element), members));
                previous = current;
            }
            members.add(element);
        }
        return groups;
    }

    private static Object map(Object value, Arguments arguments, RenderState state) {
        UnaryOperator<Object> function;
        if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
            Object[] a = arguments.bind(state, "map", 0, "attribute", "default");
            function = getter(a[0], Filters.or(a[1], null), state);
        } else if (arguments.positional().isEmpty()) {
            throw state.error("map requires a filter argument");
        } else {
            String filter = TextMethods.string(arguments.positional().get(0), "map", state);
            Arguments rest = arguments.withoutFirst(1);
            function = element -> Filters.apply(filter, element, rest, state);
        }
        List<Object> mapped = new ArrayList<>();
        for (Object element : Values.elements(value, state)) {
            state.charge(1);
            mapped.add(function.apply(element));
        }
        return new Generator(mapped);
    }

    private static Object select(Object value, Arguments arguments, RenderState state, boolean wanted, boolean byAttribute) {
        int testAt = byAttribute ? 1 : 0;
        if (arguments.positional().size() < testAt) {
            throw state.error("missing parameter for attribute name");
        }
        UnaryOperator<Object> getter = byAttribute ? getter(arguments.positional().get(0), null, state) : UnaryOperator.identity();
        boolean hasTest = arguments.positional().size() > testAt;
        String test = hasTest ? TextMethods.string(arguments.positional().get(testAt), "test name", state) : null;
        Arguments rest = hasTest ? arguments.withoutFirst(testAt + 1) : Arguments.NONE;
        List<Object> kept = new ArrayList<>();
        for (Object element : Values.elements(value, state)) {
            state.charge(1);
            Object subject = getter.apply(element);
            if ((hasTest ? Tests.apply(test, subject, rest, state) : Values.truth(subject)) == wanted) {
                kept.add(element);
            }
        }
        return new Generator(kept);
    }

    /** Looks up a dotted path by subscripts, numbers as indices; null gives the element itself. */
    private static UnaryOperator<Object> getter(Object attribute, Object fallback, RenderState state) {
        if (attribute == null) {
            return UnaryOperator.identity();
        }
        List<Object> path = new ArrayList<>();
        if (Values.text(attribute) == null) {
            path.add(attribute);
        } else {
            for (String part : Values.text(attribute).split("\\.", -1)) {
                path.add(part.matches("[0-9]{1,9}") ? (Object) Long.valueOf(part) : part);
            }
        }
        return element -> {
            Object current = element;
            for (Object part : path) {
                current = Access.item(current, part, state);
                if (current instanceof Undefined && fallback != null) {
                    current = fallback;
                }
            }
            return current;
        };
    }
}
