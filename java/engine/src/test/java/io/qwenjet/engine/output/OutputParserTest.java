// SPDX-License-Identifier: Apache-2.0
// The chain: stop strings see raw text and cut it before reasoning and tools do, whatever is held back on the way.
package io.qwenjet.engine.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.qwenjet.engine.output.ToolCallParser.Format;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OutputParserTest {
    private static final int OPEN = 1;
    private static final int CLOSE = 2;

    private static String run(List<String> stops, boolean include, String... pieces) {
        OutputParser parser = new OutputParser(new StopStringMatcher(stops, include), ReasoningParser.byToken(OPEN, CLOSE, false),
                new ToolCallParser(Format.HERMES, List.of()));
        List<OutputPart> parts = new ArrayList<>();
        for (String piece : pieces) {
            int id = piece.endsWith("</think>") ? CLOSE : piece.endsWith("<think>") ? OPEN : 9;
            parts.addAll(parser.accept(id, piece, true));
        }
        parts.addAll(parser.finish());
        return Parts.describe(parts) + (parser.stopString() == null ? "" : " stop " + parser.stopString());
    }

    @Test
    void reasoningContentAndCallsInOrder() {
        assertEquals("R[r <tool_call>{\"name\":\"no\"}</tool_call>]C[text]T[f {}]", run(List.of(), false, "<think>", "\nr <tool_call>",
                "{\"name\":\"no\"}</tool_call>", "\n", "</think>", "\n\ntext\n", "<tool_call>", "{\"name\":\"f\"}", "</tool_call>"));
    }

    @Test
    void textHeldForAStopStringKeepsItsPlaceAroundTags() {
        assertEquals("R[r </]C[think]", run(List.of("</x", "zzz"), false, "<think>", "r </", "</think>", "think"));
        assertEquals("R[a\n\nb]C[c]", run(List.of("\n\n\n"), false, "<think>", "a\n", "\nb", "\n", "", "</think>", "\nc"));
    }

    @Test
    void stopStringCutsWhereverItStands() {
        assertEquals("R[thinking] stop END", run(List.of("END"), false, "<think>", "thinking\n", "EN", "D more", "</think>", "c"));
        assertEquals("R[r]C[a] stop STOP", run(List.of("STOP"), false, "<think>", "r", "</think>", "a", "ST", "OP", "b"));
        assertEquals("R[r]C[aSTOP] stop STOP", run(List.of("STOP"), true, "<think>", "r", "</think>", "aST", "OPb"));
        assertEquals("R[r] stop </think>", run(List.of("</think>"), false, "<think>", "r", "</think>", "a"));
        assertEquals("R[r<] stop /thi", run(List.of("k>x", "/thi"), false, "<think>", "r", "</think>", "a"));
    }

    @Test
    void minTokensTextIsNotSearched() {
        OutputParser parser = new OutputParser(new StopStringMatcher(List.of("x"), false), ReasoningParser.off(), null);
        assertEquals("C[axb]", Parts.describe(parser.accept(9, "axb", false)));
        assertEquals("C[c]", Parts.describe(parser.accept(9, "cxd", true)));
        assertEquals("x", parser.stopString());
    }
}
