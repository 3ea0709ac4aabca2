// SPDX-License-Identifier: Apache-2.0
// Items in the training generator's own words: with new values, and with held-out skeletons. They do
// not count for the score; they show what a failure is due to.
package io.qwenjet.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Exchange;
import io.qwenjet.corpus.Families;
import io.qwenjet.corpus.Family;
import io.qwenjet.corpus.Split;
import io.qwenjet.corpus.Turn;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

final class CorpusItems {
  private static final int PER_FAMILY = 18;
  private static final int MAX_CHARS = 600;
  private static final long SEED = 31;

  private CorpusItems() {}

  static String name(Split split) {
    return split == Split.HELD_OUT_VALUES ? NanoEvaluation.SEEN : NanoEvaluation.HELD_OUT;
  }

  static List<String> make(Split split) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < PER_FAMILY; i++) {
      for (Families.Weighted each : Families.all()) {
        for (int attempt = 0; attempt < 20; attempt++) {
          String line = line(each.family(), new Draw(SEED, i + 100L * attempt, split));
          if (line != null && line.length() < MAX_CHARS && !lines.contains(line)) {
            lines.add(line);
            break;
          }
        }
      }
    }
    return lines;
  }

  /** Null where the family has nothing with such values, or nothing that can be checked. */
  private static String line(Family family, Draw draw) {
    try {
      return line(family.name(), family.draw(draw));
    } catch (IllegalStateException e) {
      return null;
    }
  }

  private static String line(String family, Exchange exchange) {
    List<Turn> turns = exchange.turns();
    Turn answer = turns.get(turns.size() - 1);
    ObjectNode check = check(family, exchange, answer);
    if (check == null) {
      return null;
    }
    ArrayNode messages = Lines.MAPPER.createArrayNode();
    boolean isBare = true;
    for (Turn turn : turns.subList(0, turns.size() - 1)) {
      isBare &= turn.calls().isEmpty() && !turn.role().equals("tool") && !turn.role().equals("system");
    }
    for (Turn turn : turns.subList(0, turns.size() - 1)) {
      if (isBare) {
        messages.add(turn.content());
        continue;
      }
      ObjectNode message = messages.addObject().put("role", turn.role()).put("content", turn.content());
      for (Turn.Call call : turn.calls()) {
        ObjectNode function = message.withArray("tool_calls").addObject();
        function.put("name", call.name()).set("arguments", parse(call.arguments()));
      }
    }
    ObjectNode line = Lines.MAPPER.createObjectNode();
    line.set("messages", messages);
    if (exchange.tools() != null) {
      line.set("tools", parse(exchange.tools()));
    }
    line.set("check", check);
    if (messages.size() == 1 && exchange.joinable() && answer.calls().isEmpty()) {
      line.put("answer", answer.content());
    }
    return line.toString();
  }

  private static ObjectNode check(String family, Exchange exchange, Turn answer) {
    if (!answer.calls().isEmpty()) {
      Turn.Call call = answer.calls().get(0);
      return answer.calls().size() > 1
          ? null
          : Lines.check("tool_call", "name", call.name(), "arguments", parse(call.arguments()));
    }
    String text = answer.content();
    switch (family) {
      case "arithmetic":
      case "word_problems":
        if (text.contains("remainder")) {
          return Lines.says(text.substring(text.lastIndexOf('=') + 1).strip());
        }
        List<BigDecimal> numbers = Normal.numbers(text);
        return numbers.isEmpty() ? null : Lines.number(numbers.get(numbers.size() - 1));
      case "extraction":
        JsonNode json = JsonCheck.parse(text);
        return json == null || !json.isContainerNode() ? Lines.check("exact", "answer", text) : Lines.check("json", "fields", json);
      case "classification":
        String label = text.replaceFirst("(?s)^Category: ([^\\n]+).*", "$1");
        return Lines.check("choice", "answer", label, "labels", List.of(label));
      case "out_of_scope":
        return Lines.check("refusal");
      case "not_in_text":
        return deniesText(text) ? Lines.check("not_in_text") : Lines.check("exact", "answer", text);
      case "stories":
        return exchange.copied().isEmpty() ? null : Lines.says(exchange.copied().toArray());
      case "self":
        return Lines.saysAny("Qwenjet", "--model", "add", "sort", "small", "not", "cannot", "no",
            "help", "do for you", "wrong", "well", "bye", "goodbye", "welcome", "thank", "next", "works");
      case "code":
        ObjectNode code = Lines.check("code", "answer", text.replaceAll("(?s)```[A-Za-z]*\\n(.*?)```.*", "$1"));
        return text.contains("```python") ? code.put("python", true) : code;
      case "tool_calls":
        List<BigDecimal> stated = Normal.numbers(text);
        return exchange.turns().size() > 2 && !stated.isEmpty()
            ? Lines.says(stated.stream().map(BigDecimal::toPlainString).toArray())
            : exchange.turns().size() > 2 ? Lines.check("exact", "answer", text) : Lines.check("refusal", "short", true);
      default:
        return Lines.check("exact", "answer", text);
    }
  }

  private static JsonNode parse(String json) {
    try {
      return Lines.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean deniesText(String text) {
    return new NotInTextCheck(List.of()).judge(Answer.of(text)).correct();
  }
}
