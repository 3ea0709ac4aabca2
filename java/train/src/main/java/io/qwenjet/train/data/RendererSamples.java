// SPDX-License-Identifier: Apache-2.0
// Conversations that meet every branch of the Qwen3 chat template: whoever renders them all as a
// template does may stand in for it.
package io.qwenjet.train.data;

import java.util.ArrayList;
import java.util.List;

final class RendererSamples {
  private static final String CALL =
      "{\"role\":\"assistant\",\"content\":\"%s\"%s,\"tool_calls\":[{\"type\":\"function\","
          + "\"function\":{\"name\":\"f\",\"arguments\":{\"x\":1,\"s\":\"\u00e9<\\\"\",\"d\":1.5}}},"
          + "{\"name\":\"g\",\"arguments\":\"{\\\"y\\\": 2}\"}]}";
  private static final String USER = "{\"role\":\"user\",\"content\":\"What is 1+1?\"}";
  private static final String NEXT = "{\"role\":\"user\",\"content\":\"\\n and times 3?\"}";
  private static final String SYSTEM = "{\"role\":\"system\",\"content\":\"Be brief.\"}";
  private static final String PLAIN = "{\"role\":\"assistant\",\"content\":\"\\nTwo.\"}";
  private static final String THINKS =
      "{\"role\":\"assistant\",\"content\":\"Two.\",\"reasoning_content\":\"\\n1+1=2\\n\"}";
  private static final String INLINE =
      "{\"role\":\"assistant\",\"content\":\"<think>\\na\\n</think>\\n\\nTwo.\"}";
  private static final String RESULT = "{\"role\":\"tool\",\"content\":\"{\\\"t\\\": 3}\"}";
  private static final String WRAPPED =
      "{\"role\":\"user\",\"content\":\"<tool_response>3</tool_response>\"}";
  private static final String TOOLS =
      "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"a\":[1,true,null]}}},{}]";

  private RendererSamples() {}

  static List<CorpusLine> lines() {
    String call = CALL.formatted("", "");
    String saysAndCalls = CALL.formatted("Wait.", ",\"reasoning_content\":\"hm\"");
    List<List<String>> conversations =
        List.of(
            List.of(USER, PLAIN),
            List.of(USER, THINKS),
            List.of(USER, INLINE),
            List.of(SYSTEM, USER, THINKS, NEXT, PLAIN),
            List.of(USER, PLAIN, NEXT, THINKS, USER, INLINE),
            List.of(USER, call),
            List.of(USER, call, RESULT, PLAIN),
            List.of(USER, saysAndCalls, RESULT, RESULT, THINKS),
            List.of(SYSTEM, USER, saysAndCalls, RESULT, call, RESULT, PLAIN, NEXT, THINKS),
            List.of(USER, THINKS, WRAPPED, PLAIN),
            List.of(USER, SYSTEM, PLAIN),
            List.of(PLAIN, THINKS),
            List.of(SYSTEM, THINKS),
            List.of(USER, PLAIN, NEXT));
    List<CorpusLine> lines = new ArrayList<>();
    for (List<String> messages : conversations) {
      for (String rest :
          new String[] {
            "",
            ",\"enable_thinking\":false",
            ",\"enable_thinking\":true",
            ",\"tools\":" + TOOLS,
            ",\"enable_thinking\":false,\"tools\":" + TOOLS
          }) {
        String json = "{\"messages\":[" + String.join(",", messages) + "]" + rest + "}";
        try {
          lines.add(CorpusLine.parse(json));
        } catch (CorpusLine.MalformedLineException e) {
          throw new IllegalStateException(json, e);
        }
      }
    }
    return lines;
  }
}
