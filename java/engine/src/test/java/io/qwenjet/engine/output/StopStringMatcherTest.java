// SPDX-License-Identifier: Apache-2.0
// Stop strings: where the text ends, which string is reported, and that no cut of the stream changes either.
package io.qwenjet.engine.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

final class StopStringMatcherTest {
    private static void check(String text, List<String> stops, boolean include, String expected, String stop) {
        Parts.everyCut(text, pieces -> {
            StopStringMatcher matcher = new StopStringMatcher(stops, include);
            StringBuilder out = new StringBuilder();
            for (String piece : pieces) {
                out.append(matcher.accept(piece));
            }
            out.append(matcher.finish());
            assertEquals(expected, out.toString(), pieces.toString());
            assertEquals(stop, matcher.matched(), pieces.toString());
        });
    }

    @Test
    void textEndsBeforeOrAfterTheStopString() {
        check("one STOP two STOP", List.of("STOP"), false, "one ", "STOP");
        check("one STOP two STOP", List.of("STOP"), true, "one STOP", "STOP");
        check("STOP", List.of("STOP"), false, "", "STOP");
        check("no match ST", List.of("STOP"), false, "no match ST", null);
        check("", List.of("STOP"), false, "", null);
        check("anything", List.of(), false, "anything", null);
    }

    @Test
    void theStringCompletedFirstDecidesThenListOrder() {
        check("a b c d", List.of("d", "b"), false, "a ", "b");
        check("xabcdx", List.of("abcd", "bc"), false, "xa", "bc");
        check("xabcx", List.of("c", "abc"), false, "xab", "c");
        check("xabcx", List.of("abc", "c"), false, "x", "abc");
        check("xabx", List.of("abc", "ab"), false, "x", "ab");
    }

    @Test
    void overlappingBeginningsAreNotLost() {
        check("aaab", List.of("aab"), false, "a", "aab");
        check("ababac", List.of("abac"), false, "ab", "abac");
        check("\n\n\nHuman:", List.of("\n\nHuman:"), false, "\n", "\n\nHuman:");
        check("a\u4f60\u597d\ud83d\ude00b", List.of("\ud83d\ude00"), false, "a\u4f60\u597d", "\ud83d\ude00");
    }

    @Test
    void textIsHeldOnlyWhileItMayBecomeAStopString() {
        StopStringMatcher matcher = new StopStringMatcher(List.of("STOP"), false);
        assertEquals("x", matcher.accept("xST"));
        assertEquals("STa", matcher.accept("a"));
        assertEquals("", matcher.accept("STO"));
        assertEquals("STO", matcher.finish());
        assertNull(matcher.matched());
    }

    @Test
    void nothingFollowsAMatch() {
        StopStringMatcher matcher = new StopStringMatcher(List.of("."), true);
        assertEquals("a.", matcher.accept("a.b"));
        assertEquals("", matcher.accept("c"));
        assertEquals("", matcher.acceptUnchecked("c"));
        assertEquals("", matcher.finish());
    }

    @Test
    void stringsCompleteBeforeMinTokensDoNotCountButMayEndLater() {
        StopStringMatcher matcher = new StopStringMatcher(List.of("END"), false);
        assertEquals("a END b ", matcher.acceptUnchecked("a END b E"));
        assertEquals("", matcher.accept("N"));
        assertEquals("", matcher.accept("D"));
        assertEquals("END", matcher.matched());
    }

    @Test
    void emptyStopStringIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new StopStringMatcher(List.of("a", ""), false));
    }
}
