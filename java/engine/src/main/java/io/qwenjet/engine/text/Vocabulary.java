// SPDX-License-Identifier: Apache-2.0
// Token texts and ids. All token bytes lie in one array, found by id through offsets and by text through an open-addressing index, so
// that a vocabulary of 150,000 tokens is a handful of objects. A text with a character outside the byte alphabet is kept as its UTF-8
// and marked raw: "raw or not, bytes" is then as unique as the text itself.
package io.qwenjet.engine.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

final class Vocabulary {
    /** Far above any real vocabulary; keeps a hostile id from asking for gigabytes. */
    static final int MAX_IDS = 1 << 22;

    private static final int ABSENT = -1;

    private final byte[] blob;
    private final int[] starts;
    private final int[] lengths;
    private final BitSet raw;
    private final int[] index;

    private Vocabulary(byte[] blob, int[] starts, int[] lengths, BitSet raw, int[] index) {
        this.blob = blob;
        this.starts = starts;
        this.lengths = lengths;
        this.raw = raw;
        this.index = index;
    }

    /** One more than the largest id. */
    int size() {
        return starts.length;
    }

    boolean contains(int id) {
        return id >= 0 && id < lengths.length && lengths[id] != ABSENT;
    }

    /** Bytes of a token; empty for an id without one. */
    byte[] bytes(int id) {
        return contains(id) ? Arrays.copyOfRange(blob, starts[id], starts[id] + lengths[id]) : new byte[0];
    }

    void decode(int id, Utf8Decoder decoder, StringBuilder out) {
        if (contains(id)) {
            decoder.decode(blob, starts[id], lengths[id], out);
        }
    }

    /** The id of the token of these bytes, or -1. */
    int find(byte[] key, int from, int length, boolean isRaw) {
        int mask = index.length - 1;
        for (int slot = hash(key, from, length, isRaw) & mask; index[slot] != ABSENT; slot = (slot + 1) & mask) {
            int id = index[slot];
            if (lengths[id] == length && raw.get(id) == isRaw
                    && Arrays.equals(blob, starts[id], starts[id] + length, key, from, from + length)) {
                return id;
            }
        }
        return ABSENT;
    }

    /** The id of the token of this text as the vocabulary writes it, or -1. */
    int find(String text, TextBytes scratch) {
        scratch.set(text);
        return find(scratch.bytes, 0, scratch.length, scratch.isRaw);
    }

    private static int hash(byte[] key, int from, int length, boolean isRaw) {
        int h = isRaw ? length + 31 : length;
        for (int i = from; i < from + length; i++) {
            h = h * 31 + key[i];
        }
        h *= 0x9E3779B9;
        return h ^ h >>> 15;
    }

    /** The bytes that a token text stands for. */
    static final class TextBytes {
        private byte[] bytes = new byte[64];
        private int length;
        private boolean isRaw;

        void set(String text) {
            int n = text.length();
            if (bytes.length < n) {
                bytes = new byte[n + n / 2];
            }
            for (int i = 0; i < n; i++) {
                int b = ByteAlphabet.byteOf(text.charAt(i));
                if (b < 0) {
                    setRaw(text);
                    return;
                }
                bytes[i] = (byte) b;
            }
            length = n;
            isRaw = false;
        }

        private void setRaw(String text) {
            bytes = text.getBytes(StandardCharsets.UTF_8);
            length = bytes.length;
            isRaw = true;
        }
    }

    /** Collects tokens in any order; errors name {@code source}. */
    static final class Builder {
        private final String source;
        private final boolean lastDuplicateWins;
        private final TextBytes scratch = new TextBytes();
        private byte[] blob = new byte[1 << 12];
        private int blobSize;
        private int[] starts = new int[512];
        private int[] lengths = new int[512];
        private final BitSet raw = new BitSet();
        private int numTokens;
        private int size;

        /** @param lastDuplicateWins whether a text may come twice, as some GGUF files have it; else it is an error */
        Builder(String source, boolean lastDuplicateWins) {
            this.source = source;
            this.lastDuplicateWins = lastDuplicateWins;
            Arrays.fill(lengths, ABSENT);
        }

        void add(String text, long id) {
            int place = reserve(text, id);
            if (lengths[place] != ABSENT) {
                throw new TokenizerFormatException(source, "id " + id + " is given twice, the second time to \""
                        + TokenizerFormatException.shorten(text) + "\"");
            }
            scratch.set(text);
            put(place);
            numTokens++;
        }

        /** Ends the vocabulary proper; {@link #define} may follow. */
        Vocabulary build() {
            int capacity = Integer.highestOneBit(Math.max(numTokens, 8)) * 4;
            int[] index = new int[capacity];
            Arrays.fill(index, ABSENT);
            for (int id = 0; id < size; id++) {
                if (lengths[id] != ABSENT) {
                    insert(index, id);
                }
            }
            return snapshot(index);
        }

        /** The vocabulary with the literal bytes of an added token at its id, for decoding; it is not found by text. */
        Vocabulary define(Vocabulary before, Iterable<AddedToken> tokens) {
            for (AddedToken token : tokens) {
                int place = reserve(token.content(), token.id());
                scratch.setRaw(token.content());
                boolean same = lengths[place] == scratch.length && Arrays.equals(blob, starts[place],
                        starts[place] + lengths[place], scratch.bytes, 0, scratch.length);
                if (!same) {
                    put(place);
                }
            }
            return snapshot(before.index);
        }

        private int reserve(String text, long id) {
            if (id < 0 || id >= MAX_IDS) {
                throw TokenizerFormatException.expected(source, "token ids from 0 to " + (MAX_IDS - 1),
                        id + " for \"" + TokenizerFormatException.shorten(text) + "\"");
            }
            int place = (int) id;
            if (place >= lengths.length) {
                int before = lengths.length;
                int capacity = Math.max(place + 1, before + before / 2);
                starts = Arrays.copyOf(starts, capacity);
                lengths = Arrays.copyOf(lengths, capacity);
                Arrays.fill(lengths, before, capacity, ABSENT);
            }
            size = Math.max(size, place + 1);
            return place;
        }

        private void put(int place) {
            int length = scratch.length;
            if (blob.length - blobSize < length) {
                blob = Arrays.copyOf(blob, (int) Math.min(Integer.MAX_VALUE - 8L, blob.length * 2L + length));
            }
            System.arraycopy(scratch.bytes, 0, blob, blobSize, length);
            starts[place] = blobSize;
            lengths[place] = length;
            raw.set(place, scratch.isRaw);
            blobSize += length;
        }

        private void insert(int[] index, int id) {
            int mask = index.length - 1;
            int slot = hash(blob, starts[id], lengths[id], raw.get(id)) & mask;
            while (index[slot] != ABSENT) {
                int other = index[slot];
                if (lengths[other] == lengths[id] && raw.get(other) == raw.get(id)
                        && Arrays.equals(blob, starts[other], starts[other] + lengths[other],
                                blob, starts[id], starts[id] + lengths[id])) {
                    if (!lastDuplicateWins) {
                        throw new TokenizerFormatException(source, "ids " + other + " and " + id + " have the same text");
                    }
                    break;
                }
                slot = (slot + 1) & mask;
            }
            index[slot] = id;
        }

        private Vocabulary snapshot(int[] index) {
            return new Vocabulary(Arrays.copyOf(blob, blobSize), Arrays.copyOf(starts, size), Arrays.copyOf(lengths, size),
                    (BitSet) raw.clone(), index);
        }
    }
}
