// SPDX-License-Identifier: Apache-2.0
// The families about texts: answers parse, hold only what the request holds, stay in their split.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.corpus.office.Classification;
import io.qwenjet.corpus.office.Extraction;
import io.qwenjet.corpus.office.NotInText;
import io.qwenjet.corpus.tools.ToolCalls;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PapersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DRAWS = 10_000;
  private static final List<Family> ALL =
      List.of(new Extraction(), new Classification(), new NotInText(), new ToolCalls());
  private static final Set<String> NUMBER_WORDS = Set.of("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
      "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "dozen", "a", "an");

  @Test
  void extractedValuesStandInTheRequest() throws Exception {
    Map<String, Set<String>> skeletons = new TreeMap<>();
    for (int i = 0; i < 2 * DRAWS; i++) {
      Exchange exchange = new Extraction().draw(new Draw(21, i, Split.TRAIN));
      skeletons.computeIfAbsent(exchange.intent(), key -> new HashSet<>()).add(exchange.skeleton());
      String request = exchange.turns().get(0).content();
      String answer = exchange.turns().get(1).content();
      for (String copied : exchange.copied()) {
        assertTrue(request.contains(copied) && answer.contains(copied.replace("\"", "\\\"")), () -> "\"" + copied + "\" in " + exchange.turns());
      }
      assertFalse(answer.contains("\n"), answer);
      assertFalse(Split.isHeldOutSkeleton(exchange.skeleton()));
      if (exchange.intent().endsWith("_to_json")) {
        assertLeavesCome(JSON.readTree(answer), request, exchange);
      } else {
        assertTrue(request.contains(answer) || hasNumberWord(request), () -> exchange.turns().toString());
      }
    }
    skeletons.forEach((intent, seen) -> assertTrue(seen.size() >= 200, intent + ": " + seen.size()));
  }

  private static void assertLeavesCome(JsonNode node, String request, Exchange exchange) {
    if (node.isContainerNode()) {
      assertTrue(node.size() > 0, () -> exchange.turns().toString());
      node.forEach(child -> assertLeavesCome(child, request, exchange));
    } else if (node.isTextual()) {
      assertTrue(request.contains(node.textValue()), () -> node + " in " + exchange.turns());
    } else if (node.isNumber()) {
      String plain = node.asText();
      boolean written = request.contains(plain) || request.contains(plain.replaceAll("\\.0$", ""));
      assertTrue(written || hasNumberWord(request), () -> node + " in " + exchange.turns());
    } else {
      assertTrue(node.isNull(), node.toString());
    }
  }

  private static boolean hasNumberWord(String request) {
    return List.of(request.toLowerCase(java.util.Locale.ROOT).split("[^a-z]+")).stream().anyMatch(NUMBER_WORDS::contains);
  }

  @Test
  void answersOfClassesHaveTheirTwoLines() {
    Map<String, Set<String>> skeletons = new TreeMap<>();
    for (int i = 0; i < DRAWS; i++) {
      Exchange exchange = new Classification().draw(new Draw(22, i, Split.TRAIN));
      skeletons.computeIfAbsent(exchange.intent(), key -> new HashSet<>()).add(exchange.skeleton());
      String request = exchange.turns().get(0).content();
      String answer = exchange.turns().get(1).content();
      assertTrue(answer.matches("Category: [^\\n]+(\\nReply: [^\\n]+)?"), answer);
      if (!exchange.intent().equals("house_labels")) {
        String label = answer.split("\n")[0].substring("Category: ".length());
        assertTrue(request.contains(label), () -> exchange.turns().toString());
      }
      for (String copied : exchange.copied()) {
        assertTrue(request.contains(copied) && answer.contains(copied), () -> copied + " in " + exchange.turns());
      }
    }
    skeletons.forEach((intent, seen) -> assertTrue(seen.size() >= 200, intent + ": " + seen.size()));
  }

  @Test
  void halfOfTheQuestionsHaveNoAnswerInTheText() {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < DRAWS; i++) {
      Exchange exchange = new NotInText().draw(new Draw(23, i, Split.TRAIN));
      counts.merge(exchange.intent(), 1, Integer::sum);
      String request = exchange.turns().get(0).content();
      String answer = exchange.turns().get(1).content();
      boolean missing = exchange.intent().equals("not_in_text");
      assertEquals(missing, answer.startsWith("The text does not") || answer.contains("not in the text"), answer);
      exchange.copied().forEach(copied -> assertTrue(request.contains(copied) && answer.contains(copied), request));
    }
    assertTrue(Math.abs(counts.get("in_text") - DRAWS / 2) < DRAWS / 10, counts.toString());
  }

  @Test
  void callsFitTheirSchema() throws Exception {
    Map<String, Set<String>> skeletons = new TreeMap<>();
    for (int i = 0; i < DRAWS; i++) {
      Exchange exchange = new ToolCalls().draw(new Draw(24, i, Split.TRAIN));
      skeletons.computeIfAbsent(exchange.intent(), key -> new HashSet<>()).add(exchange.skeleton());
      Map<String, JsonNode> tools = new TreeMap<>();
      JSON.readTree(exchange.tools()).forEach(tool -> tools.put(tool.at("/function/name").textValue(), tool.at("/function/parameters")));
      String request = exchange.turns().get(0).content();
      if (exchange.intent().equals("no_tool")) {
        assertTrue(exchange.turns().get(1).calls().isEmpty());
        continue;
      }
      Turn.Call call = exchange.turns().get(1).calls().get(0);
      JsonNode schema = tools.get(call.name());
      JsonNode arguments = JSON.readTree(call.arguments());
      schema.get("required").forEach(name -> assertTrue(arguments.has(name.textValue()), () -> name + " in " + exchange.turns()));
      arguments.properties().forEach(argument -> {
        JsonNode property = schema.get("properties").get(argument.getKey());
        String type = property.get("type").textValue();
        JsonNode value = argument.getValue();
        assertTrue(
            switch (type) {
              case "integer" -> value.isInt();
              case "number" -> value.isNumber();
              case "boolean" -> value.isBoolean();
              default -> value.isTextual() && request.contains(value.textValue());
            },
            () -> argument + " in " + exchange.turns());
      });
    }
    skeletons.forEach((intent, seen) -> assertTrue(seen.size() >= 200, intent + ": " + seen.size()));
  }

  @Test
  void everySplitCanBeDrawnAndIsTheSameAgain() {
    for (Split split : Split.values()) {
      for (Family family : ALL) {
        for (int i = 0; i < 300; i++) {
          Exchange exchange = family.draw(new Draw(25, i, split));
          assertEquals(exchange, family.draw(new Draw(25, i, split)));
          assertFalse(exchange.turns().get(0).content().isBlank());
        }
      }
      for (Document document : Documents.all()) {
        assertFalse(document.draw(new Draw(26, 1, split)).text().isBlank());
      }
    }
  }
}
