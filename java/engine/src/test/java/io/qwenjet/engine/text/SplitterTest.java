// SPDX-License-Identifier: Apache-2.0
// The scanners against the vectors of the specification, and against the regular expressions they stand for on random text.
package io.qwenjet.engine.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.text.Splitter.Contractions;
import io.qwenjet.engine.text.Splitter.PrefixedWords;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SplitterTest {
    private static final Splitter QWEN = new PrefixedWords(Contractions.ANY_CASE, 1, false);

    /** Text, then its pieces; a middle dot parts them. */
    private static final String[][] QWEN_VECTORS = {
        {"Hello world", "Hello\u00B7 world"},
        {"I'm we'LL don't", "I\u00B7'm\u00B7 we\u00B7'LL\u00B7 don\u00B7't"},
        {"x=12345; y", "x\u00B7=\u00B71\u00B72\u00B73\u00B74\u00B75\u00B7;\u00B7 y"},
        {"a  b   c", "a\u00B7 \u00B7 b\u00B7  \u00B7 c"},
        {"line1\n\n  line2\t\tz", "line\u00B71\u00B7\n\n\u00B7 \u00B7 line\u00B72\u00B7\t\u00B7\tz"},
        {"foo()\n\nbar", "foo\u00B7()\n\n\u00B7bar"},
        {"  \n", "  \n"},
        {"\"quoted\" (paren)", "\"quoted\u00B7\"\u00B7 (\u00B7paren\u00B7)"},
        {"\u4F60\u597D\uFF0C\u4E16\u754C\uFF01 2024\u5E74",
            "\u4F60\u597D\u00B7\uFF0C\u4E16\u754C\u00B7\uFF01\u00B7 \u00B72\u00B70\u00B72\u00B74\u00B7\u5E74"},
        {"\u0939\u093F\u0928\u094D\u0926\u0940", "\u0939\u00B7\u093F\u0928\u00B7\u094D\u0926\u00B7\u0940"},
        {"_snake_case", "_snake\u00B7_case"},
        {"end   ", "end\u00B7   "},
        {"\u2026\r\n\r\nx", "\u2026\r\n\r\n\u00B7x"},
        {"\u00BD \u00B2 \u2167", "\u00BD\u00B7 \u00B7\u00B2\u00B7 \u00B7\u2167"},
        {"a\u00A0b", "a\u00B7\u00A0b"},
        {"'\u017F", "'\u017F"},
        {"\uD83D\uDE00\uD83D\uDC4Dok", "\uD83D\uDE00\uD83D\uDC4D\u00B7ok"},
        {"    indented", "   \u00B7 indented"},
    };

    @Test
    void qwenSplitsTheVectorsOfTheSpecification() {
        for (String[] vector : QWEN_VECTORS) {
            assertEquals(List.of(vector[1].split("\u00B7")), pieces(QWEN, vector[0]));
        }
    }

    @Test
    void ggufNamesStandForTheirPublishedSplits() {
        String text = "I'm x\u0939\u093F 2024";
        String threeDigits = "I\u00B7'm\u00B7 x\u0939\u00B7\u093F\u00B7 \u00B7202\u00B74";
        String oneDigit = "I\u00B7'm\u00B7 x\u0939\u00B7\u093F\u00B7 \u00B72\u00B70\u00B72\u00B74";
        String[][] names = {
            {"qwen2", oneDigit}, {"deepseek-r1-qwen", oneDigit},
            {"qwen35", "I\u00B7'm\u00B7 x\u0939\u093F\u00B7 \u00B72\u00B70\u00B72\u00B74"},
            {"llama-bpe", threeDigits}, {"llama3", threeDigits}, {"llama-v3", threeDigits},
            {"gpt-2", "I\u00B7'm\u00B7 x\u0939\u00B7\u093F\u00B7 2024"},
            {"smollm", "I\u00B7'm\u00B7 x\u0939\u00B7\u093F\u00B7 \u00B72\u00B70\u00B72\u00B74"}};
        for (String[] name : names) {
            List<String> found = List.of(text);
            for (Splitter splitter : SplitPatterns.ofGgufName(name[0]).orElseThrow().splitters()) {
                found = found.stream().flatMap(piece -> pieces(splitter, piece).stream()).toList();
            }
            assertEquals(List.of(name[1].split("\u00B7")), found, name[0]);
        }
        // Nothing stands for a name that is not listed.
        for (String name : List.of("default", "qwen", "QWEN2", "")) {
            assertTrue(SplitPatterns.ofGgufName(name).isEmpty(), name);
        }
    }

    @Test
    void prefixedWordsScanAsTheirRegularExpression() {
        for (Contractions contractions : List.of(Contractions.ANY_CASE, Contractions.ANY_ASCII_CASE)) {
            for (int maxDigits : new int[] {1, 3}) {
                for (boolean marks : new boolean[] {false, true}) {
                    PrefixedWords splitter = new PrefixedWords(contractions, maxDigits, marks);
                    compare(splitter, SplitPatterns.regexOf(splitter), maxDigits);
                }
            }
        }
    }

    @Test
    void spacedWordsScanAsTheirRegularExpression() {
        compare(new Splitter.SpacedWords(),
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", 9);
    }

    @Test
    void numbersScanAsTheirRegularExpression() {
        compare(new Splitter.Numbers(true), "\\p{N}|\\P{N}+", 17);
        compare(new Splitter.Numbers(false), "\\p{N}+|\\P{N}+", 18);
    }

    @Test
    void classesOfLateCharactersDoNotDependOnTheJdk() {
        assertEquals(CodePoints.LETTER, CodePoints.classOf(0x9FFD)); // Unicode 14
        assertEquals(CodePoints.LETTER, CodePoints.classOf(0x31350)); // Unicode 15
        assertEquals(CodePoints.LETTER, CodePoints.classOf(0x2EBF0)); // Unicode 15.1
        assertEquals(CodePoints.NUMBER, CodePoints.classOf(0x1CCF0)); // Unicode 16
        assertEquals(CodePoints.MARK, CodePoints.classOf(0x0897));
        assertEquals(CodePoints.OTHER, CodePoints.classOf(0x0378)); // unassigned
        int letters = 0;
        int numbers = 0;
        int marks = 0;
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            letters += CodePoints.classOf(c) == CodePoints.LETTER ? 1 : 0;
            numbers += CodePoints.classOf(c) == CodePoints.NUMBER ? 1 : 0;
            marks += CodePoints.classOf(c) == CodePoints.MARK ? 1 : 0;
        }
        // What the reference counts (Unicode 16); a JDK with later characters may know more.
        assertTrue(letters >= 141_028 && numbers >= 1_911 && marks >= 2_501, letters + " " + numbers + " " + marks);
        if (Character.getType(0x1E6C0) == Character.UNASSIGNED) {
            assertEquals(List.of(141_028, 1_911, 2_501), List.of(letters, numbers, marks));
        }
    }

    @Test
    void normalisationDoesNotDependOnTheJdk() {
        assertEquals("\u00E9", NfcNormalizer.normalize("e\u0301"));
        assertEquals("\uAC01", NfcNormalizer.normalize("\uAC00\u11A8"));
        String kiratRai = Character.toString(0x16D67).repeat(2); // composes since Unicode 16
        assertEquals("\u00E9" + kiratRai + "\u00E9", NfcNormalizer.normalize("e\u0301" + kiratRai + "e\u0301"));
        for (int c = 0; c < 0x10000; c++) {
            String text = "a" + (char) c + "\u0301";
            assertEquals(java.text.Normalizer.normalize(text, java.text.Normalizer.Form.NFC), NfcNormalizer.normalize(text));
        }
    }

    private static void compare(Splitter splitter, String regex, long seed) {
        Pattern pattern = Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE);
        Random random = new Random(seed);
        for (int round = 0; round < 4000; round++) {
            String text = randomText(random);
            List<String> expected = new ArrayList<>();
            Matcher matcher = pattern.matcher(text);
            while (matcher.find()) {
                expected.add(matcher.group());
            }
            assertEquals(text, String.join("", expected), "the expression covers the text");
            assertEquals(expected, pieces(splitter, text), () -> regex + " on " + escaped(text));
        }
    }

    private static String randomText(Random random) {
        String[] common = {" ", " ", "  ", "\n", "\r\n", "\t", "'", "'s", "'LL", "'re", "'\u017F",
            "a", "Z", "1", "23", "\u00BD", ".", "(", "_",
            "\u0301", "\u093F", "\u4E2D", "\u00A0", "\u3000", "\u0085",
            "\u2028", "\uD83D\uDE00", "\uD835\uDC9C", "\uD835\uDFD8", "\u200D", "\u0000"};
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(24); i > 0; i--) {
            if (random.nextInt(8) > 0) {
                text.append(common[random.nextInt(common.length)]);
                continue;
            }
            int c = random.nextInt(random.nextBoolean() ? 0x3000 : 0x20000);
            // Characters that this JDK does not know are classified by our own list, which its regular expressions do not have.
            if (Character.getType(c) != Character.UNASSIGNED && Character.getType(c) != Character.SURROGATE) {
                text.appendCodePoint(c);
            }
        }
        return text.toString();
    }

    private static List<String> pieces(Splitter splitter, String text) {
        List<String> pieces = new ArrayList<>();
        char[] chars = text.toCharArray();
        for (int pos = 0; pos < chars.length; ) {
            int stop = splitter.next(chars, pos, chars.length);
            assertTrue(stop > pos && stop <= chars.length, () -> "no progress in " + escaped(text));
            pieces.add(text.substring(pos, stop));
            pos = stop;
        }
        return pieces;
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> out.append(c > 32 && c < 127 ? String.valueOf((char) c) : String.format("<%04X>", c)));
        return out.toString();
    }
}
