// SPDX-License-Identifier: Apache-2.0
// An item with the answer that was given, as the failures file lists it.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.Message;
import io.qwenjet.engine.ToolCall;

/**
 * An answered item.
 *
 * @param group which figure it counts for: a family, or a figure beside them; not null
 * @param item the item; not null
 * @param answer what the model said; not null
 * @param reasoning what it thought before; not null
 * @param verdict whether it is right; not null
 * @param isFinished false when the answer reached its longest length
 * @param promptTokens length of the prompt
 * @param completionTokens length of thinking and answer
 */
public record Scored(
    String group,
    Item item,
    Answer answer,
    String reasoning,
    Verdict verdict,
    boolean isFinished,
    int promptTokens,
    int completionTokens) {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int REPEATS = 4;
  private static final int MIN_LOOP_WORDS = 12;

  /** Says whether the answer has no end, or says the same over and over at its end. */
  public boolean isUnfinishedOrLooping() {
    return !isFinished || loops(reasoning) || loops(answer.text());
  }

  /** Says whether the model declined what it should have answered. */
  public boolean isFalseRefusal() {
    return !verdict.correct()
        && !item.check().takesRefusal()
        && RefusalCheck.isRefusal(answer.text());
  }

  /** Returns this as one line of JSON. */
  public String toJson() {
    ObjectNode line = MAPPER.createObjectNode();
    line.put("item", item.name()).put("group", group).put("family", item.family());
    line.put("correct", verdict.correct()).put("reason", verdict.reason());
    for (Message message : item.messages()) {
      line.withArray("messages")
          .addObject()
          .put("role", message.role())
          .put("content", message.content());
    }
    line.put("reasoning", reasoning).put("answer", answer.text());
    for (ToolCall call : answer.toolCalls()) {
      line.withArray("tool_calls")
          .addObject()
          .put("name", call.name())
          .put("arguments", call.argumentsJson());
    }
    line.put("finished", isFinished);
    return line.toString();
  }

  /** A tail of the same words, four times or more. */
  static boolean loops(String text) {
    String[] words = text.strip().split("\\s+");
    for (int period = 1; period * REPEATS <= words.length; period++) {
      int same = 0;
      while (same + period < words.length
          && words[words.length - 1 - same].equals(words[words.length - 1 - same - period])) {
        same++;
      }
      if (same >= period * (REPEATS - 1) && same + period >= MIN_LOOP_WORDS) {
        return true;
      }
    }
    return false;
  }
}
