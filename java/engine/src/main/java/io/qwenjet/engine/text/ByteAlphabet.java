// SPDX-License-Identifier: Apache-2.0
// The 256 printable characters that byte-level vocabularies write bytes with (GPT-2's table, spec/tokenizer.md section 2.4):
// bytes that print keep their own code point, the other 68 take U+0100 onwards in increasing order.
package io.qwenjet.engine.text;

final class ByteAlphabet {
    private static final int NUM_MAPPED_CHARS = 256 + 68;
    private static final short[] BYTE_OF_CHAR = new short[NUM_MAPPED_CHARS];
    private static final char[] CHAR_OF_BYTE = new char[256];

    static {
        java.util.Arrays.fill(BYTE_OF_CHAR, (short) -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean prints = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
            int c = prints ? b : next++;
            CHAR_OF_BYTE[b] = (char) c;
            BYTE_OF_CHAR[c] = (short) b;
        }
    }

    private ByteAlphabet() {}

    /** The byte 0..255 that a character stands for, or -1 for a character outside the alphabet. */
    static int byteOf(char c) {
        return c < NUM_MAPPED_CHARS ? BYTE_OF_CHAR[c] : -1;
    }

    static char charOf(int b) {
        return CHAR_OF_BYTE[b];
    }
}
