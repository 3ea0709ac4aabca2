// SPDX-License-Identifier: Apache-2.0
// Unicode normalisation form C. Most text is in it already, and most of that can be told from ranges that hold neither combining
// marks nor characters that compose or change, so the JDK's slower check runs only for the rest.
package io.qwenjet.engine.text;

import java.text.Normalizer;

final class NfcNormalizer {
    private NfcNormalizer() {}

    static String normalize(String text) {
        if (isPlainlyNormalized(text) || Normalizer.isNormalized(text, Normalizer.Form.NFC)) {
            return text;
        }
        StringBuilder normalized = new StringBuilder(text.length());
        int done = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int codePoint = text.codePointAt(i);
            if (isOfUnicode16(codePoint)) {
                normalized.append(Normalizer.normalize(text.substring(done, i), Normalizer.Form.NFC)).appendCodePoint(codePoint);
                done = i + Character.charCount(codePoint);
            }
        }
        return normalized.append(Normalizer.normalize(text.substring(done), Normalizer.Form.NFC)).toString();
    }

    /**
     * Blocks whose compositions came with Unicode 16. The reference normalises by Unicode 15 (tokenizers 0.23.2), as an older JDK does:
     * they stay as they are, so that ids do not depend on the JDK.
     */
    private static boolean isOfUnicode16(int codePoint) {
        return (codePoint >= 0x105C0 && codePoint <= 0x105FF)
                || (codePoint >= 0x11380 && codePoint <= 0x113FF)
                || (codePoint >= 0x16100 && codePoint <= 0x1613F)
                || (codePoint >= 0x16D40 && codePoint <= 0x16D7F);
    }

    private static boolean isPlainlyNormalized(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x300 && !isInert(c)) {
                return false;
            }
        }
        return true;
    }

    /** True only for characters that NFC leaves alone whatever stands beside them; false says nothing. */
    private static boolean isInert(char c) {
        if (c >= 0x4E00) {
            return c <= 0x9FFF // CJK ideographs
                    || (c >= 0xAC00 && c <= 0xD7A3) // Hangul syllables: their jamo (U+11xx) are not inert, so a tail is seen
                    || (c >= 0xFF01 && c <= 0xFF5E); // full-width forms
        }
        return (c >= 0x400 && c <= 0x482) // Cyrillic
                || (c >= 0x48A && c <= 0x52F)
                || (c >= 0x5D0 && c <= 0x5EA) // Hebrew letters
                || (c >= 0x621 && c <= 0x64A) // Arabic letters
                || (c >= 0x2010 && c <= 0x2027) // dashes, quotation marks
                || (c >= 0x2030 && c <= 0x205E)
                || (c >= 0x3001 && c <= 0x3029)
                || (c >= 0x3041 && c <= 0x3096) // kana
                || (c >= 0x30A1 && c <= 0x30FE);
    }
}
