// SPDX-License-Identifier: Apache-2.0
// The think block: by token ids, by text, open in the prompt, never closed, absent.
package io.qwenjet.engine.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReasoningParserTest {
    private static final int OPEN = 151667;
    private static final int CLOSE = 151668;

    /** Tokens of a text in which {@code {} and {@code }} stand for the tag tokens, cut at the given pieces. */
    private static String byToken(List<String> pieces, boolean startsOpen) {
        ReasoningParser parser = ReasoningParser.byToken(OPEN, CLOSE, startsOpen);
        List<OutputPart> parts = new ArrayList<>();
        for (String piece : pieces) {
            for (String token : piece.split("(?=[{}])|(?<=[{}])")) {
                boolean tag = token.equals("{") || token.equals("}");
                parts.addAll(tag ? parser.accept(token.equals("{") ? OPEN : CLOSE, token.equals("{") ? "<think>" : "</think>")
                        : parser.accept(1, token));
            }
        }
        parts.addAll(parser.finish());
        return Parts.describe(parts);
    }

    private static void check(String text, boolean startsOpen, String expected) {
        Parts.everyCut(text, pieces -> assertEquals(expected, byToken(pieces, startsOpen), pieces.toString()));
    }

    private static void checkText(String text, boolean startsOpen, String expected) {
        Parts.everyCut(text, pieces -> {
            ReasoningParser parser = ReasoningParser.byText(startsOpen);
            List<OutputPart> parts = new ArrayList<>();
            pieces.forEach(piece -> parts.addAll(parser.accept(1, piece)));
            parts.addAll(parser.finish());
            assertEquals(expected, Parts.describe(parts), pieces.toString());
        });
    }

    @Test
    void blockIsSplitAtItsTokensWithoutTheLineBreaksAroundIt() {
        check("{\nfirst\n\nsecond\n}\n\nanswer\n", false, "R[first\n\nsecond]C[answer\n]");
        check("\n{r}c", false, "R[r]C[c]");
        check("{}c", false, "C[c]");
        check("{\n\n}\n\nc", false, "C[c]");
        check("{\n}", false, "");
    }

    @Test
    void promptMayHaveOpenedTheBlock() {
        check("\nr\n}\n\nc", true, "R[r]C[c]");
        check("{\nr\n}\n\nc", true, "R[r]C[c]");
        check("}c", true, "C[c]");
        check("}c", false, "C[c]");
    }

    @Test
    void unclosedBlockIsReasoningAndNoBlockIsContent() {
        check("{\nr\n\nr2\n", false, "R[r\n\nr2]");
        check("r\n", true, "R[r]");
        check("\n\nplain\n", false, "C[\n\nplain\n]");
        check(" \n", false, "C[ \n]");
        check("", false, "");
    }

    @Test
    void tagsOutOfPlaceAreContent() {
        check("a{b}c", false, "C[a<think>b</think>c]");
        check("{r}c}d", false, "R[r]C[c</think>d]");
        check("{a{b}c", false, "R[a<think>b]C[c]");
    }

    @Test
    void writtenOutTagsDoNotCountWhereTokensExist() {
        check("{say </think> now}c", false, "R[say </think> now]C[c]");
        check("<think>x", false, "C[<think>x]");
    }

    @Test
    void tagTokenMayCarryHeldBackTextOrNone() {
        ReasoningParser parser = ReasoningParser.byToken(OPEN, CLOSE, true);
        List<OutputPart> parts = new ArrayList<>(parser.accept(CLOSE, "\ufffd</think>"));
        parts.addAll(parser.accept(1, "c"));
        assertEquals("R[\ufffd]C[c]", Parts.describe(parts));
        ReasoningParser special = ReasoningParser.byToken(OPEN, CLOSE, false);
        List<OutputPart> silent = new ArrayList<>(special.accept(OPEN, ""));
        silent.addAll(special.accept(1, "r"));
        silent.addAll(special.accept(CLOSE, ""));
        silent.addAll(special.accept(1, "c"));
        assertEquals("R[r]C[c]", Parts.describe(silent));
    }

    @Test
    void textModeFindsTagsAcrossPieces() {
        checkText("<think>\nr\n</think>\n\nc", false, "R[r]C[c]");
        checkText("r</think>c</think>", true, "R[r]C[c</think>]");
        checkText("<think>a < b </thin", false, "R[a < b </thin]");
        checkText("<thin", false, "C[<thin]");
        checkText("x<think>", false, "C[x<think>]");
    }

    @Test
    void offMeansContent() {
        ReasoningParser parser = ReasoningParser.off();
        List<OutputPart> parts = new ArrayList<>(parser.accept(OPEN, "<think>"));
        parts.addAll(parser.accept(1, "\nx"));
        parts.addAll(parser.finish());
        assertEquals("C[<think>\nx]", Parts.describe(parts));
    }

    @Test
    void wholeTextIsSplitAtTheLastClosingTag() {
        List<Integer> ids = List.of(OPEN, 1, CLOSE, 1, CLOSE, 1);
        List<String> pieces = List.of("<think>", "\na\n", "</think>", "b\n", "</think>", "\n\nc\n");
        assertEquals(new ReasoningParser.Split("a\n</think>b", "c\n"),
                ReasoningParser.splitWhole(ids, pieces, OPEN, CLOSE, false));
        assertEquals(new ReasoningParser.Split("a", ""), ReasoningParser.splitWhole(List.of(OPEN, 1),
                List.of("<think>", "\na\n"), OPEN, CLOSE, false));
        assertEquals(new ReasoningParser.Split("", "a\n"), ReasoningParser.splitWhole(List.of(1), List.of("a\n"), OPEN, CLOSE, false));
        assertEquals(new ReasoningParser.Split("a", ""), ReasoningParser.splitWhole(List.of(1), List.of("a\n"), OPEN, CLOSE, true));
        assertThrows(IllegalArgumentException.class,
                () -> ReasoningParser.splitWhole(List.of(1), List.of(), OPEN, CLOSE, true));
    }
}
