// SPDX-License-Identifier: Apache-2.0
// Byte-pair merging of one pretoken: its bytes become ids, then the adjacent pair of lowest rank merges, leftmost first, until none
// is left. Short pretokens rescan an array; long ones (100,000 spaces, a run of CJK) keep a linked list and a heap, n log n.
package io.qwenjet.engine.text;

import java.util.Arrays;

final class BytePairEncoder {
    /** No merge; larger than every merge, since those are (rank << 32 | id). */
    static final long NONE = LongMap.ABSENT;

    private static final int MAX_RESCANNED_SYMBOLS = 48;

    private final Vocabulary vocabulary;
    /** (left id << 32 | right id) to (rank << 32 | merged id). */
    private final LongMap merges;

    /** Id of each byte; -1: this byte is left out, as the reference does for a vocabulary without it. */
    private final int[] byteIds;

    private final boolean ignoreMerges;

    BytePairEncoder(Vocabulary vocabulary, LongMap merges, int[] byteIds, boolean ignoreMerges) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.byteIds = byteIds.clone();
        this.ignoreMerges = ignoreMerges;
    }

    static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    /** Appends the ids of {@code text[from, to)}. */
    void encode(char[] text, int from, int to, Scratch scratch, IntArrayBuilder out) {
        int numBytes = scratch.fillBytes(text, from, to);
        if (ignoreMerges) {
            int whole = vocabulary.find(scratch.bytes, 0, numBytes, false);
            if (whole >= 0) {
                out.add(whole);
                return;
            }
        }
        scratch.reserveSymbols(numBytes);
        int[] ids = scratch.ids;
        int count = 0;
        for (int i = 0; i < numBytes; i++) {
            int id = byteIds[scratch.bytes[i] & 0xFF];
            if (id >= 0) {
                ids[count++] = id;
            }
        }
        if (count > MAX_RESCANNED_SYMBOLS) {
            mergeByHeap(count, scratch, out);
        } else {
            out.addAll(ids, 0, mergeByRescan(ids, count, scratch.merges));
        }
    }

    private int mergeByRescan(int[] ids, int count, long[] pairs) {
        for (int i = 0; i + 1 < count; i++) {
            pairs[i] = merges.get(pair(ids[i], ids[i + 1]));
        }
        while (count > 1) {
            long best = NONE;
            int at = 0;
            for (int i = 0; i < count - 1; i++) {
                if (pairs[i] < best) {
                    best = pairs[i];
                    at = i;
                }
            }
            if (best == NONE) {
                break;
            }
            count--;
            ids[at] = (int) best;
            for (int i = at + 1; i < count; i++) {
                ids[i] = ids[i + 1];
                pairs[i - 1] = pairs[i];
            }
            if (at > 0) {
                pairs[at - 1] = merges.get(pair(ids[at - 1], ids[at]));
            }
            if (at < count - 1) {
                pairs[at] = merges.get(pair(ids[at], ids[at + 1]));
            }
        }
        return count;
    }

    private void mergeByHeap(int count, Scratch scratch, IntArrayBuilder out) {
        scratch.reserveLinks(count);
        int[] ids = scratch.ids;
        int[] next = scratch.next;
        int[] previous = scratch.previous;
        long[] pairs = scratch.merges;
        LongHeap heap = scratch.heap;
        for (int i = 0; i < count; i++) {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
            pairs[i] = i + 1 < count ? merges.get(pair(ids[i], ids[i + 1])) : NONE;
            offer(heap, pairs[i], i);
        }
        while (!heap.isEmpty()) {
            long top = heap.pop();
            int at = (int) top;
            // Entries are not taken out of the heap when their pair changes; such an entry's rank no longer fits its place.
            if (pairs[at] == NONE || pairs[at] >>> 32 != top >>> 32) {
                continue;
            }
            int gone = next[at];
            int after = next[gone];
            ids[at] = (int) pairs[at];
            pairs[gone] = NONE;
            next[at] = after;
            pairs[at] = NONE;
            if (after >= 0) {
                previous[after] = at;
                pairs[at] = merges.get(pair(ids[at], ids[after]));
                offer(heap, pairs[at], at);
            }
            int before = previous[at];
            if (before >= 0) {
                pairs[before] = merges.get(pair(ids[before], ids[at]));
                offer(heap, pairs[before], before);
            }
        }
        for (int i = 0; i >= 0 && count > 0; i = next[i]) {
            out.add(ids[i]);
        }
    }

    private static void offer(LongHeap heap, long merge, int at) {
        if (merge != NONE) {
            heap.push((merge & 0xFFFFFFFF00000000L) | at);
        }
    }

    /** Working memory of one encode call, grown as needed and reused for each of its pretokens. */
    static final class Scratch {
        private byte[] bytes = new byte[192];
        private int[] ids = new int[MAX_RESCANNED_SYMBOLS];
        private long[] merges = new long[MAX_RESCANNED_SYMBOLS];
        private int[] next;
        private int[] previous;
        private LongHeap heap;

        /** UTF-8 of the text; a surrogate without its partner becomes U+FFFD. */
        private int fillBytes(char[] text, int from, int to) {
            long most = 3L * (to - from);
            if (most > bytes.length) {
                bytes = new byte[(int) Math.min(most + most / 2, Integer.MAX_VALUE - 8)];
            }
            int n = 0;
            for (int i = from; i < to; i++) {
                int c = text[i];
                if (c < 0x80) {
                    bytes[n++] = (byte) c;
                    continue;
                }
                if (c < 0x800) {
                    bytes[n++] = (byte) (0xC0 | c >> 6);
                    bytes[n++] = (byte) (0x80 | c & 0x3F);
                    continue;
                }
                if (Character.isSurrogate((char) c)) {
                    if (CodePoints.widthAt(text, i, to) == 2) {
                        int codePoint = Character.toCodePoint((char) c, text[++i]);
                        bytes[n++] = (byte) (0xF0 | codePoint >> 18);
                        bytes[n++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
                        bytes[n++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
                        bytes[n++] = (byte) (0x80 | codePoint & 0x3F);
                        continue;
                    }
                    c = 0xFFFD;
                }
                bytes[n++] = (byte) (0xE0 | c >> 12);
                bytes[n++] = (byte) (0x80 | c >> 6 & 0x3F);
                bytes[n++] = (byte) (0x80 | c & 0x3F);
            }
            return n;
        }

        private void reserveSymbols(int count) {
            if (ids.length < count) {
                ids = new int[count];
                merges = new long[count];
            }
        }

        private void reserveLinks(int count) {
            if (next == null || next.length < count) {
                next = new int[count];
                previous = new int[count];
                heap = new LongHeap(count);
            }
        }
    }

    /** Binary min-heap of (rank << 32 | position). */
    private static final class LongHeap {
        private long[] values;
        private int size;

        LongHeap(int capacity) {
            values = new long[capacity + 1];
        }

        boolean isEmpty() {
            return size == 0;
        }

        void push(long value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, size + (size >> 1) + 8);
            }
            int i = size++;
            while (i > 0) {
                int parent = (i - 1) >> 1;
                if (values[parent] <= value) {
                    break;
                }
                values[i] = values[parent];
                i = parent;
            }
            values[i] = value;
        }

        long pop() {
            long top = values[0];
            long last = values[--size];
            int i = 0;
            for (int child = 1; child < size; child = 2 * i + 1) {
                if (child + 1 < size && values[child + 1] < values[child]) {
                    child++;
                }
                if (last <= values[child]) {
                    break;
                }
                values[i] = values[child];
                i = child;
            }
            values[i] = last;
            return top;
        }
    }
}
