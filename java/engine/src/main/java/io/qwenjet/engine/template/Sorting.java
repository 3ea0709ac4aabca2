// SPDX-License-Identifier: Apache-2.0
// Stable sorting by Python's order, where comparing incomparable values is an error of the template.
package io.qwenjet.engine.template;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

final class Sorting {
    private Sorting() {}

    /** A sorted copy; {@code reverse} keeps the order of equal elements, as sorted(reverse=True) does. */
    static <T> List<T> sort(List<T> elements, java.util.function.Function<T, Object> key, boolean reverse,
            RenderState state) {
        record Keyed<E>(Object key, E element) {}
        state.reserveElements(elements.size());
        List<Keyed<T>> keyed = new ArrayList<>(elements.size());
        for (T element : elements) {
            keyed.add(new Keyed<>(key.apply(element), element));
        }
        Comparator<Keyed<T>> order = (a, b) -> {
            state.charge(1);
            return Operators.compare(a.key(), b.key(), "<", state);
        };
        try {
            keyed.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException e) {
            // NaN and friends have no total order; Java's sort may notice, Python's never does.
            throw state.error("values cannot be sorted: " + e.getMessage());
        }
        List<T> sorted = new ArrayList<>(keyed.size());
        for (Keyed<T> entry : keyed) {
            sorted.add(entry.element());
        }
        return sorted;
    }

    /** The key that Jinja sorts and compares text by unless asked for case sensitivity. */
    static Object foldCase(Object value) {
        return Values.text(value) != null ? PyText.lower(Values.text(value)) : value;
    }
}
