// SPDX-License-Identifier: Apache-2.0
// Ids of pretokens seen before, shared by all threads of a tokenizer. Bounded by construction: two places for each hash, the newer
// entry pushes the older one out. Without locks: entries are immutable with final fields, so a racy read sees a whole entry or none.
package io.qwenjet.engine.text;

final class PretokenCache {
    /** Longer pretokens are rare and would make the bound on memory meaningless. */
    static final int MAX_CHARS = 40;

    private static final int BITS = 15;
    private static final int MIX = 0x9E3779B9;

    record Entry(int hash, char[] chars, int[] ids) {
        boolean matches(int otherHash, char[] text, int from, int length) {
            if (hash != otherHash || chars.length != length) {
                return false;
            }
            for (int i = 0; i < length; i++) {
                if (chars[i] != text[from + i]) {
                    return false;
                }
            }
            return true;
        }
    }

    private final Entry[] entries = new Entry[2 << BITS];

    static int hash(char[] text, int from, int to) {
        int h = to - from;
        for (int i = from; i < to; i++) {
            h = h * 31 + text[i];
        }
        return h * MIX;
    }

    int[] find(int hash, char[] text, int from, int to) {
        int place = placeOf(hash);
        int length = to - from;
        Entry first = entries[place];
        if (first == null) {
            return null;
        }
        if (first.matches(hash, text, from, length)) {
            return first.ids;
        }
        Entry second = entries[place + 1];
        return second != null && second.matches(hash, text, from, length) ? second.ids : null;
    }

    void add(int hash, char[] text, int from, int to, int[] ids) {
        int place = placeOf(hash);
        entries[place + 1] = entries[place];
        entries[place] = new Entry(hash, java.util.Arrays.copyOfRange(text, from, to), ids);
    }

    private static int placeOf(int hash) {
        return (hash >>> (32 - BITS)) << 1;
    }
}
