// SPDX-License-Identifier: Apache-2.0
// A growing int array without boxing: the ids of the text encoded so far.
package io.qwenjet.engine.text;

import java.util.Arrays;

final class IntArrayBuilder {
    private int[] values;
    private int size;

    IntArrayBuilder(int capacity) {
        values = new int[Math.max(capacity, 8)];
    }

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, grown(size + 1));
        }
        values[size++] = value;
    }

    void addAll(int[] source, int from, int count) {
        if (count > values.length - size) {
            values = Arrays.copyOf(values, grown(Math.addExact(size, count)));
        }
        System.arraycopy(source, from, values, size, count);
        size += count;
    }

    int size() {
        return size;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }

    int[] toArray(int from) {
        return Arrays.copyOfRange(values, from, size);
    }

    private int grown(int needed) {
        long doubled = 2L * values.length;
        return (int) Math.max(needed, Math.min(doubled, Integer.MAX_VALUE - 8));
    }
}
