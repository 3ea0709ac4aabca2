// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.Message;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the figures of a report count. */
class EvaluationReportTest {
  private static final String REFUSAL = "I cannot do that. I can add; use --model.";

  private static Item item(String family, Check check, String tag) {
    return new Item("f:1", family, List.of(Message.user("2+2")), List.of(), null, check, tag, null);
  }

  private static Scored scored(String group, Item item, String text, boolean finished, int prompt) {
    Answer answer = Answer.of(text);
    return new Scored(group, item, answer, "", item.check().judge(answer), finished, prompt, 7);
  }

  private static EvaluationReport report() {
    Check four = new ExactCheck(List.of("4"));
    Check json = new JsonCheck(JsonCheck.parse("{\"a\":\"Okafor\",\"b\":3}"));
    Item sum = item("sums", four, null);
    return new EvaluationReport(
        List.of("sums", "refusals"),
        List.of(
            scored("sums", sum, "4", true, 10),
            scored("sums", sum, "5", true, 10),
            scored("sums", sum, REFUSAL, true, 10),
            scored("sums", item("sums", json, null), "{\"a\":\"Okafor\",\"b\":4}", true, 10),
            scored("refusals", item("refusals", new RefusalCheck(true), "out_of_range_sum"), REFUSAL, true, 9),
            scored("refusals", item("refusals", new RefusalCheck(true), null), "It is 77.", false, 9),
            scored(NanoEvaluation.NOISY, sum, "4", true, 10),
            scored(NanoEvaluation.POSITION, sum, "4", true, 300)),
        2.5);
  }

  @Test
  void theScoreIsTheMeanOverFamilies() throws IOException {
    JsonNode json = new ObjectMapper().readTree(report().toJson());
    assertEquals(4, json.at("/families/sums/n").asInt());
    assertEquals(1, json.at("/families/sums/correct").asInt());
    assertEquals(2, json.at("/families/refusals/n").asInt());
    assertEquals(1, json.at("/families/refusals/correct").asInt());
    assertEquals(0.375, json.get("overall").asDouble());
  }

  @Test
  void whatStandsBesideCountsForItself() throws IOException {
    JsonNode beside = new ObjectMapper().readTree(report().toJson()).get("beside");
    assertEquals(1, beside.at("/noisy/correct").asInt());
    assertTrue(beside.path("no_think").isMissingNode());
    assertEquals(1, beside.at("/out_of_range_sums/n").asInt());
    assertEquals(6, beside.at("/unfinished_or_looping/n").asInt());
    assertEquals(1, beside.at("/unfinished_or_looping/count").asInt());
    assertEquals(4, beside.at("/false_refusals/n").asInt());
    assertEquals(1, beside.at("/false_refusals/count").asInt());
    assertEquals(2, beside.at("/answers_where_refusal_was_due/n").asInt());
    assertEquals(1, beside.at("/answers_where_refusal_was_due/count").asInt());
    assertEquals(1, beside.at("/fields/name/correct").asInt());
    assertEquals(0, beside.at("/fields/number/correct").asInt());
    assertEquals(1, beside.at("/names/closed/correct").asInt());
    assertEquals(1, beside.path("names").size());
    assertEquals(1, beside.at("/position/256-511/n").asInt());
    assertEquals(56, beside.get("completion_tokens").asInt());
  }

  @Test
  void theTableHasARowForEachFigure() {
    String table = report().toTable();
    for (String row : List.of("sums", "refusals", "overall", "noisy", "256-511", "false_refusals")) {
      assertTrue(table.lines().anyMatch(line -> line.startsWith(row)), row + " in " + table);
    }
  }

  @Test
  void failuresSayWhatWasExpectedAndWhatCame() throws IOException {
    List<Scored> failures = report().failures();
    assertEquals(4, failures.size());
    JsonNode line = new ObjectMapper().readTree(failures.get(0).toJson());
    assertEquals("5", line.get("answer").asText());
    assertEquals("2+2", line.at("/messages/0/content").asText());
    assertTrue(line.get("reason").asText().startsWith("expected "), line.toString());
  }

  @Test
  void noiseLeavesValuesAlone() {
    String text = "Please sort these numbers: 42, 17 and the name Okafor.";
    boolean changes = false;
    for (int seed = 0; seed < 50; seed++) {
      String typed = Noise.type(text, "", new SplittableRandom(seed));
      assertTrue(typed.contains("42, 17") && typed.contains("Okafor"), typed);
      assertEquals(typed, Noise.type(text, "", new SplittableRandom(seed)));
      changes |= !typed.equals(text);
    }
    assertTrue(changes);
  }
}
