// SPDX-License-Identifier: Apache-2.0
// Open-addressing map from non-negative long keys to longs, with linear probing. Keys and values lie side by side so that a hit
// costs one cache line. Filled while a tokenizer is made, only read afterwards, hence safe for many threads.
package io.qwenjet.engine.text;

import java.util.Arrays;

final class LongMap {
    static final long ABSENT = Long.MAX_VALUE;
    private static final long EMPTY_KEY = -1;
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private long[] slots;
    private int shift;
    private int size;

    LongMap(int expectedEntries) {
        int bits = 4;
        while ((1L << bits) * 5 < expectedEntries * 8L) {
            bits++;
        }
        allocate(bits);
    }

    long get(long key) {
        long[] table = slots;
        int mask = table.length - 1;
        int slot = slotOf(key);
        while (true) {
            long found = table[slot];
            if (found == key) {
                return table[slot + 1];
            }
            if (found == EMPTY_KEY) {
                return ABSENT;
            }
            slot = (slot + 2) & mask;
        }
    }

    /** Adds or replaces. */
    void put(long key, long value) {
        if ((size + 1) * 4L > (slots.length / 2) * 3L) {
            rehash();
        }
        int mask = slots.length - 1;
        int slot = slotOf(key);
        while (slots[slot] != EMPTY_KEY && slots[slot] != key) {
            slot = (slot + 2) & mask;
        }
        if (slots[slot] == EMPTY_KEY) {
            slots[slot] = key;
            size++;
        }
        slots[slot + 1] = value;
    }

    private int slotOf(long key) {
        return (int) ((key * GOLDEN_RATIO) >>> shift) << 1;
    }

    private void allocate(int bits) {
        slots = new long[2 << bits];
        Arrays.fill(slots, EMPTY_KEY);
        shift = 64 - bits;
        size = 0;
    }

    private void rehash() {
        long[] old = slots;
        allocate(64 - shift + 1);
        for (int i = 0; i < old.length; i += 2) {
            if (old[i] != EMPTY_KEY) {
                put(old[i], old[i + 1]);
            }
        }
    }
}
