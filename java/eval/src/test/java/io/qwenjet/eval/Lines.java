// SPDX-License-Identifier: Apache-2.0
// Writes items as compact lines of JSON.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

final class Lines {
  static final ObjectMapper MAPPER = new ObjectMapper();

  private static final List<List<String>> SMALL_TALK =
      List.of(
          List.of("hey you", "Hello! How can I help?"),
          List.of("Good evening!", "Good evening! What can I do for you?"),
          List.of("are you there?", "Yes, I am here."),
          List.of("Thanks for the last one.", "You are welcome!"),
          List.of("one more thing", "Sure, go ahead."),
          List.of("ok next", "Ready."));
  private static final List<String> OPENERS =
      List.of(
          "Hi, ", "so... ", "Need your help here. ", "Me again! ", "ok listen: ", "Short one for you. ",
          "My kid wants to know this: ", "sorry to bother you, ", "Long day today. ", "Right, ",
          "For my notes, ", "Next. ");
  private static final List<String> CLOSERS =
      List.of(
          " Thx", " thanks a lot!!", " - any idea?", " I'm on the phone, be quick.", " (for work)",
          " :)", " Cheers.", " That's all.", " I keep getting it wrong.", " please & thank you");

  private Lines() {}

  /** What a check is made of: names and values in turn. */
  static ObjectNode check(String kind, Object... namesAndValues) {
    ObjectNode node = MAPPER.createObjectNode().put("kind", kind);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      node.set((String) namesAndValues[i], MAPPER.valueToTree(namesAndValues[i + 1]));
    }
    return node;
  }

  static ObjectNode number(Object value) {
    return check("number", "answer", value);
  }

  static ObjectNode says(Object... phrases) {
    return check("contains", "all", List.of(phrases));
  }

  static ObjectNode saysAny(Object... phrases) {
    return check("contains", "any", List.of(phrases));
  }

  /** A message in its own words, or with a few more around it, or after small talk. */
  static MadeItem plain(Draw draw, Draft draft, ObjectNode check) {
    return item(draw, draft, check, null, true);
  }

  /** A message as it is, behind these turns. */
  static MadeItem after(List<?> turns, Draft draft, ObjectNode check) {
    ArrayNode messages = MAPPER.createArrayNode();
    turns.forEach(turn -> messages.add(MAPPER.<com.fasterxml.jackson.databind.JsonNode>valueToTree(turn)));
    messages.add(draft.text());
    return line(messages, draft, check, null, null);
  }

  static MadeItem item(Draw draw, Draft draft, ObjectNode check, String tag, boolean dresses) {
    ArrayNode messages = MAPPER.createArrayNode();
    Draft said = draft;
    int dress = dresses ? draw.below(10) : 0;
    if (dress == 6) {
      said = draft.before(draw.pick(OPENERS));
    } else if (dress == 7) {
      said = draft.after(draw.pick(CLOSERS));
    } else if (dress >= 8) {
      draw.pick(SMALL_TALK).forEach(messages::add);
    }
    messages.add(said.text());
    return line(messages, said, check, null, tag);
  }

  static MadeItem line(ArrayNode messages, Draft draft, ObjectNode check, ArrayNode tools, String tag) {
    ObjectNode line = MAPPER.createObjectNode();
    line.set("messages", messages);
    if (tools != null) {
      line.set("tools", tools);
    }
    line.set("check", check);
    if (tag != null) {
      line.put("tag", tag);
    }
    try {
      return new MadeItem(MAPPER.writeValueAsString(line), draft);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
