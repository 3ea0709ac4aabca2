// SPDX-License-Identifier: Apache-2.0
// A call of the right tool with the right arguments, in any order of keys.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.qwenjet.engine.ToolCall;

/**
 * Takes an answer that calls one tool.
 *
 * @param name the tool's name; not null
 * @param arguments the right arguments, an object; not null
 */
record ToolCallCheck(String name, JsonNode arguments) implements Check {
  @Override
  public Verdict judge(Answer answer) {
    if (answer.toolCalls().size() != 1) {
      return Verdict.wrong(
          "expected one call of "
              + name
              + ", got "
              + answer.toolCalls().size()
              + " calls and "
              + Normal.shown(answer.text()));
    }
    ToolCall call = answer.toolCalls().get(0);
    JsonNode given = JsonCheck.parse(call.argumentsJson());
    if (given == null) {
      return Verdict.wrong("expected arguments as JSON, got " + call.argumentsJson());
    }
    if (!call.name().equals(name)) {
      return Verdict.wrong("expected a call of " + name + ", got one of " + call.name());
    }
    return new JsonCheck(arguments).judge(given);
  }
}
