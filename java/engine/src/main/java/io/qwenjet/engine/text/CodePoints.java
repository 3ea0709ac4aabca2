// SPDX-License-Identifier: Apache-2.0
// The classes that split patterns speak of (\p{L}, \p{N}, \p{M}, \s) for every code point, as Unicode 16 has them, which is what
// the reference tokenizers use. Java 17 knows Unicode 13: what came later is added from a list, so that ids do not depend on the JDK.
package io.qwenjet.engine.text;

final class CodePoints {
    static final int LETTER = 1;
    static final int NUMBER = 2;
    static final int MARK = 4;
    /** White space other than carriage return and line feed. */
    static final int BLANK = 8;
    /** Carriage return and line feed. */
    static final int NEWLINE = 16;
    static final int OTHER = 32;
    static final int SPACE = BLANK | NEWLINE;
    private static final int HIGH_SURROGATE = 64;

    /** Letters, numbers and marks that Unicode 14, 15, 15.1 and 16 added; ranges are inclusive and increasing. */
    private static final String ADDED_SINCE_UNICODE_13 =
            "L870-887 L889-88E M897-89F L8B5 L8C8-8C9 M8CA-8D2 MC3C LC5D LCDD MCF3 MECE L170D M1715 L171F M180F "
            + "M1AC1-1ACE L1B4C L1C89-1C8A M1DFA L2C2F L2C5F L9FFD-9FFF LA7C0-A7C1 LA7CB-A7CD LA7D0-A7D1 LA7D3 "
            + "LA7D5-A7DC LA7F2-A7F4 L10570-1057A L1057C-1058A L1058C-10592 L10594-10595 L10597-105A1 L105A3-105B1 "
            + "L105B3-105B9 L105BB-105BC L105C0-105F3 L10780-10785 L10787-107B0 L107B2-107BA N10D40-10D49 "
            + "L10D4A-10D65 M10D69-10D6D L10D6F-10D85 L10EC2-10EC4 M10EFC-10EFF L10F70-10F81 M10F82-10F85 M11070 "
            + "L11071-11072 M11073-11074 L11075 M110C2 L1123F-11240 M11241 L11380-11389 L1138B L1138E L11390-113B5 "
            + "L113B7 M113B8-113C0 M113C2 M113C5 M113C7-113CA M113CC-113D0 L113D1 M113D2 L113D3 M113E1-113E2 "
            + "N116D0-116E3 L11740-11746 L11AB0-11ABF L11BC0-11BE0 N11BF0-11BF9 M11F00-11F01 L11F02 M11F03 "
            + "L11F04-11F10 L11F12-11F33 M11F34-11F3A M11F3E-11F42 N11F50-11F59 M11F5A L12F90-12FF0 L1342F M13440 "
            + "L13441-13446 M13447-13455 L13460-143FA L16100-1611D M1611E-1612F N16130-16139 L16A70-16ABE "
            + "N16AC0-16AC9 L16D40-16D6C N16D70-16D79 L18CFF L1AFF0-1AFF3 L1AFF5-1AFFB L1AFFD-1AFFE L1B11F-1B122 "
            + "L1B132 L1B155 N1CCF0-1CCF9 M1CF00-1CF2D M1CF30-1CF46 N1D2C0-1D2D3 L1DF00-1DF1E L1DF25-1DF2A "
            + "L1E030-1E06D M1E08F L1E290-1E2AD M1E2AE L1E4D0-1E4EB M1E4EC-1E4EF N1E4F0-1E4F9 L1E5D0-1E5ED "
            + "M1E5EE-1E5EF L1E5F0 N1E5F1-1E5FA L1E7E0-1E7E6 L1E7E8-1E7EB L1E7ED-1E7EE L1E7F0-1E7FE L2A6DE-2A6DF "
            + "L2B735-2B739 L2EBF0-2EE5D L31350-323AF ";

    private static final int[] LATE_FIRST;
    private static final int[] LATE_LAST;
    private static final byte[] LATE_CLASS;
    private static final byte[] BASIC_PLANE = new byte[0x10000];

    static {
        String[] ranges = ADDED_SINCE_UNICODE_13.trim().split(" ");
        LATE_FIRST = new int[ranges.length];
        LATE_LAST = new int[ranges.length];
        LATE_CLASS = new byte[ranges.length];
        for (int i = 0; i < ranges.length; i++) {
            String range = ranges[i];
            int dash = range.indexOf('-');
            LATE_FIRST[i] = Integer.parseInt(range.substring(1, dash < 0 ? range.length() : dash), 16);
            LATE_LAST[i] = dash < 0 ? LATE_FIRST[i] : Integer.parseInt(range.substring(dash + 1), 16);
            LATE_CLASS[i] = (byte) (range.charAt(0) == 'L' ? LETTER : range.charAt(0) == 'N' ? NUMBER : MARK);
        }
        for (int c = 0; c < 0x10000; c++) {
            BASIC_PLANE[c] = (byte) (Character.isHighSurrogate((char) c) ? HIGH_SURROGATE : compute(c));
        }
    }

    private CodePoints() {}

    static int classOf(int codePoint) {
        if (codePoint >= 0x10000) {
            return compute(codePoint);
        }
        int found = BASIC_PLANE[codePoint];
        return found == HIGH_SURROGATE ? OTHER : found;
    }

    /** The class of the code point that starts at {@code pos}; a surrogate without its partner before {@code end} is OTHER. */
    static int classAt(char[] text, int pos, int end) {
        int found = BASIC_PLANE[text[pos]];
        return found == HIGH_SURROGATE ? supplementaryClassAt(text, pos, end) : found;
    }

    /** 1 or 2: the chars of the code point that starts at {@code pos}. */
    static int widthAt(char[] text, int pos, int end) {
        return Character.isHighSurrogate(text[pos]) && pos + 1 < end && Character.isLowSurrogate(text[pos + 1]) ? 2 : 1;
    }

    /** The first position at or after {@code pos} whose code point is in none of the classes of {@code mask}. */
    static int skip(char[] text, int pos, int end, int mask) {
        while (pos < end) {
            int found = BASIC_PLANE[text[pos]];
            if ((found & mask) != 0) {
                pos++;
            } else if (found == HIGH_SURROGATE && (supplementaryClassAt(text, pos, end) & mask) != 0) {
                pos += widthAt(text, pos, end);
            } else {
                return pos;
            }
        }
        return pos;
    }

    private static int supplementaryClassAt(char[] text, int pos, int end) {
        return widthAt(text, pos, end) == 2 ? compute(Character.toCodePoint(text[pos], text[pos + 1])) : OTHER;
    }

    private static int compute(int codePoint) {
        switch (Character.getType(codePoint)) {
            case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER, Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER:
                return LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER:
                return NUMBER;
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK:
                return MARK;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR:
                return BLANK;
            case Character.UNASSIGNED:
                return lateClassOf(codePoint);
            default:
                break;
        }
        if (codePoint == '\n' || codePoint == '\r') {
            return NEWLINE;
        }
        return (codePoint >= 0x09 && codePoint <= 0x0D) || codePoint == 0x85 ? BLANK : OTHER;
    }

    private static int lateClassOf(int codePoint) {
        int index = java.util.Arrays.binarySearch(LATE_FIRST, codePoint);
        if (index < 0) {
            index = -index - 2;
        }
        return index >= 0 && codePoint <= LATE_LAST[index] ? LATE_CLASS[index] : OTHER;
    }
}
