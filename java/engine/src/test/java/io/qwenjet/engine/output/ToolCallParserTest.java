// SPDX-License-Identifier: Apache-2.0
// Tool calls in both forms, what is tolerated, and what stays content; each text is cut in every way.
package io.qwenjet.engine.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.qwenjet.engine.output.ToolCallParser.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ToolCallParserTest {
    private static final List<Map<String, Object>> TOOLS = List.of(Map.of("type", "function", "function", Map.of("name", "f",
            "parameters", Map.of("type", "object", "properties", Map.of(
                    "s", Map.of("type", "string"),
                    "i", Map.of("type", "integer"),
                    "n", Map.of("type", "number"),
                    "b", Map.of("type", "boolean"),
                    "o", Map.of("type", "object"),
                    "a", Map.of("type", "array"),
                    "on", Map.of("type", List.of("string", "null")),
                    "any", Map.of("anyOf", List.of(Map.of("type", "integer"), Map.of("type", "null"))))))));

    private static String parse(Format format, List<String> pieces) {
        ToolCallParser parser = new ToolCallParser(format, TOOLS);
        List<OutputPart> parts = new ArrayList<>();
        pieces.forEach(piece -> parts.addAll(parser.accept(piece)));
        parts.addAll(parser.finish());
        return Parts.describe(parts);
    }

    private static void check(Format format, String text, String expected) {
        Parts.everyCut(text, pieces -> assertEquals(expected, parse(format, pieces), pieces.toString()));
    }

    private static void hermes(String text, String expected) {
        check(Format.HERMES, text, expected);
    }

    private static void coder(String text, String expected) {
        check(Format.CODER, text, expected);
    }

    @Test
    void callsAreTakenOutOfTheText() {
        hermes("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": 1, \"s\": \"é<\"}}\n</tool_call>", "T[f {\"x\":1,\"s\":\"é<\"}]");
        hermes("Hi\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n<tool_call>{\"name\":\"g\"}</tool_call>\n",
                "C[Hi]T[f {}]T[g {}]");
        hermes("a <tool_call>{\"name\":\"g\"}</tool_call>\nb\n", "C[a ]T[g {}]C[b\n]");
        hermes("plain text\n\n", "C[plain text\n\n]");
        hermes("", "");
    }

    @Test
    void toleratedForms() {
        hermes("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":[1]}}", "T[f {\"a\":[1]}]");
        hermes("<tool_call>{\"name\":\"f\",\"arguments\":{}}\n</tool_c", "T[f {}]");
        hermes("<tool_call>{\"name\":\"f\",\"arguments\":\"{\\\"y\\\": 2}\"}</tool_call>", "T[f {\"y\": 2}]");
        hermes("<tool_call>{\"name\":\"f\",\"parameters\":{\"y\":2}}</tool_call>", "T[f {\"y\":2}]");
        hermes("<tool_call>{\"name\":\"f\"}<tool_call>{\"name\":\"g\"}", "T[f {}]T[g {}]");
        hermes("<tool_call>{\"name\":\"f\",\"arguments\":{\"t\":\"a\nb\"}}</tool_call>", "T[f {\"t\":\"a\\nb\"}]");
    }

    @Test
    void numbersKeepTheirDigitsAndStringsMayHoldTags() {
        hermes("<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":2.0,\"y\":12345678901234567890}}</tool_call>",
                "T[f {\"x\":2.0,\"y\":12345678901234567890}]");
        hermes("<tool_call>{\"name\":\"f\",\"arguments\":{\"t\":\"}</tool_call>\\\"{\"}}</tool_call>!",
                "T[f {\"t\":\"}</tool_call>\\\"{\"}]C[!]");
    }

    @Test
    void whatOnlyLooksLikeACallIsContent() {
        for (String text : List.of("a\n<tool_cal", "a <tool_callx> b", "\n<tool_call>not json</tool_call>\n", "<tool_call>",
                "x<tool_call>\n", "<tool_call>{\"name\": \"f\", \"argu", "<tool_call>{\"name\":1}</tool_call>", "<tool_call>{}</tool_call>",
                "<tool_call>{\"name\":\"\"}</tool_call>", "<tool_call>{name}</tool_call>", "</tool_call>", "a < b\n")) {
            hermes(text, "C[" + text + "]");
            coder(text, "C[" + text + "]");
        }
        hermes("<tool_call>{\"name\": </tool_call>\n<tool_call>{\"name\":\"g\"}</tool_call>",
                "C[<tool_call>{\"name\": </tool_call>]T[g {}]");
        hermes("<function=f>\n</function>", "C[<function=f>\n</function>]");
    }

    @Test
    void contentIsNotHeldLongerThanNeeded() {
        ToolCallParser parser = new ToolCallParser(Format.HERMES, List.of());
        assertEquals("C[hello]", Parts.describe(parser.accept("hello")));
        assertEquals("", Parts.describe(parser.accept("\n<tool")));
        assertEquals("C[\n<tool box]", Parts.describe(parser.accept(" box")));
        assertEquals("T[f {}]", Parts.describe(parser.accept("<tool_call>{\"name\":\"f\"}")));
    }

    @Test
    void xmlFormIsConvertedByTheSchema() {
        coder("Let me.\n<tool_call>\n<function=f>\n<parameter=s>\n42\n</parameter>\n<parameter=i>\n42\n</parameter>\n</function>\n</tool_call>",
                "C[Let me.]T[f {\"s\":\"42\",\"i\":42}]");
        String call = "<tool_call>\n<function=f>\n%s</function>\n</tool_call>";
        String[][] values = {{"n", "1.50", "1.50"}, {"b", "True", "true"}, {"o", "{\"k\": [1, null]}", "{\"k\":[1,null]}"},
            {"a", "[1, 2]", "[1,2]"}, {"i", "null", "null"}, {"on", "null", "null"}, {"s", "null", "\"null\""}, {"any", "7", "7"},
            {"any", "null", "null"}, {"i", "seven", "\"seven\""}, {"o", "[1]", "\"[1]\""}, {"unknown", "7", "\"7\""},
            {"s", "\nline\n\n", "\"\\nline\\n\\n\""}, {"s", "", "\"\""}, {"i", "1 2", "\"1 2\""}};
        for (String[] value : values) {
            String parameter = "<parameter=" + value[0] + ">\n" + value[1] + "\n</parameter>\n";
            assertEquals("T[f {\"" + value[0] + "\":" + value[2] + "}]",
                    parse(Format.CODER, List.of(String.format(call, parameter))), value[0] + " " + value[1]);
        }
    }

    @Test
    void xmlFormTolerance() {
        coder("<function=f>\n<parameter=i>1</parameter>\n</function>\n</tool_call>", "T[f {\"i\":1}]");
        coder("a\n<function=f></function>\nb", "C[a]T[f {}]C[b]");
        coder("<tool_call><function=f><parameter=i>1</parameter></tool_call>x", "T[f {\"i\":1}]C[x]");
        coder("<tool_call><function=f><parameter=i>1</parameter>", "T[f {\"i\":1}]");
        coder("<tool_call><function=f><parameter=s>a</parameter>b</parameter></function>", "T[f {\"s\":\"a</parameter>b\"}]");
        coder("<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>", "T[f {}]");
        hermes("<tool_call>\n<function=f>\n</function>\n</tool_call>", "T[f {}]");
        coder("<tool_call><function=f></function></tool_call>\n<tool_call><function=g></function></tool_call>", "T[f {}]T[g {}]");
    }

    @Test
    void brokenXmlIsContent() {
        for (String text : List.of("<tool_call><function=f><parameter=i>1", "<function=", "<function=f", "<function=>x", "<tool_call><function=f>junk",
                "<function=a\nb>", "<function=f><parameter=>x</parameter>")) {
            coder(text, "C[" + text + "]");
        }
    }

    @Test
    void longArgumentsInSmallPiecesTakeLinearTime() {
        ToolCallParser parser = new ToolCallParser(Format.CODER, TOOLS);
        parser.accept("<tool_call><function=f><parameter=s>");
        for (int i = 0; i < 200_000; i++) {
            parser.accept("abc ");
        }
        List<OutputPart> parts = parser.accept("</parameter></function>");
        assertEquals(1, parts.size());
        ToolCallParser json = new ToolCallParser(Format.HERMES, TOOLS);
        json.accept("<tool_call>{\"name\":\"f\",\"arguments\":{\"s\":\"");
        for (int i = 0; i < 200_000; i++) {
            json.accept("abc ");
        }
        assertEquals(1, json.accept("\"}}").size());
    }
}
