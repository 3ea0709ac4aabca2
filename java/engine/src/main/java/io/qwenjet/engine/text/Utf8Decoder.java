// SPDX-License-Identifier: Apache-2.0
// Incremental UTF-8 decoder: bytes in, whole characters out, each maximal ill-formed part as one U+FFFD (Unicode 16, section 3.9,
// U+FFFD substitution of maximal subparts). The JDK's decoders differ from that for encoded surrogates, and cannot be fed in parts.
package io.qwenjet.engine.text;

final class Utf8Decoder {
    private static final char REPLACEMENT = '\uFFFD';

    private int codePoint;
    private int bytesNeeded;
    /** Bounds of the next continuation byte: they rule out overlong forms, surrogates and what is above U+10FFFF. */
    private int lowerBound = 0x80;

    private int upperBound = 0xBF;

    void decode(byte[] bytes, int from, int count, StringBuilder out) {
        int end = from + count;
        for (int i = from; i < end; i++) {
            int b = bytes[i] & 0xFF;
            if (bytesNeeded == 0) {
                if (b < 0x80) {
                    out.append((char) b);
                } else {
                    start(b, out);
                }
            } else if (b < lowerBound || b > upperBound) {
                reset();
                out.append(REPLACEMENT);
                i--; // this byte may start a character
            } else {
                lowerBound = 0x80;
                upperBound = 0xBF;
                codePoint = (codePoint << 6) | (b & 0x3F);
                if (--bytesNeeded == 0) {
                    out.appendCodePoint(codePoint);
                }
            }
        }
    }

    /** Ends the text: an unfinished character becomes one U+FFFD. The decoder is then as new. */
    void finish(StringBuilder out) {
        if (bytesNeeded > 0) {
            out.append(REPLACEMENT);
            reset();
        }
    }

    private void start(int b, StringBuilder out) {
        if (b >= 0xC2 && b <= 0xDF) {
            bytesNeeded = 1;
            codePoint = b & 0x1F;
        } else if (b >= 0xE0 && b <= 0xEF) {
            bytesNeeded = 2;
            codePoint = b & 0xF;
            lowerBound = b == 0xE0 ? 0xA0 : 0x80;
            upperBound = b == 0xED ? 0x9F : 0xBF;
        } else if (b >= 0xF0 && b <= 0xF4) {
            bytesNeeded = 3;
            codePoint = b & 0x7;
            lowerBound = b == 0xF0 ? 0x90 : 0x80;
            upperBound = b == 0xF4 ? 0x8F : 0xBF;
        } else {
            out.append(REPLACEMENT);
        }
    }

    private void reset() {
        bytesNeeded = 0;
        lowerBound = 0x80;
        upperBound = 0xBF;
    }
}
