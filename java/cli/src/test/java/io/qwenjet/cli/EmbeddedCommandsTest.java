// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.cli.synthesize.CheckpointWriter;
import io.qwenjet.cli.synthesize.ModelShape;
import io.qwenjet.engine.EmbeddedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that name no model, with random weights in the embedded model's place. */
class EmbeddedCommandsTest {
  @TempDir private static Path folder;

  @BeforeAll
  static void putAModelInItsPlace() throws IOException {
    Path model = folder.resolve("model");
    new CheckpointWriter(ModelShape.of("tiny"), 1, 2).write(model, null, (done, total) -> {});
    Files.writeString(
        model.resolve("generation_config.json"),
        "{\"do_sample\": false, \"max_new_tokens\": 7, \"eos_token_id\": 151645}");
    Files.writeString(model.resolve("prompts.txt"), "first?\nsecond?\nthird?\nfourth?\n");
    System.setProperty(EmbeddedModel.PATH_PROPERTY, model.toString());
  }

  @AfterAll
  static void takeItAway() {
    System.clearProperty(EmbeddedModel.PATH_PROPERTY);
  }

  private static JsonNode json(CommandRun run) throws IOException {
    assertEquals(0, run.status(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void generateNeedsNoModelAndTakesItsDefaults() throws IOException {
    JsonNode first = json(CommandRun.of("generate", "--json", "Hi"));
    assertEquals(7, first.path("ids").size(), first.toString());
    assertEquals("length", first.path("finish_reason").asText());
    // Greedy: the same again.
    assertEquals(first.path("ids"), json(CommandRun.of("generate", "--json", "Hi")).path("ids"));
    JsonNode longer = json(CommandRun.of("generate", "--json", "--max-tokens", "9", "Hi"));
    assertEquals(9, longer.path("ids").size());
  }

  @Test
  void aNamedModelWins() {
    CommandRun run = CommandRun.of("generate", "--model", "no-such-folder", "Hi");
    assertEquals(1, run.status());
    assertTrue(run.err().contains("no-such-folder"), run.err());
  }

  @Test
  void everyCommandThatLooksAtAModelTakesIt() throws IOException {
    JsonNode found = json(CommandRun.of("inspect", "--json", "--context", "128"));
    assertEquals("qwenjet-nano", found.path("path").asText());
    assertEquals(EmbeddedModel.parameters(), found.path("memory").path("parameters").asLong());
    assertTrue(found.path("chat_template").asBoolean());
    assertEquals("39 72\n", CommandRun.withInput("Hi", "tokenize").out());
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "0123456789abcdef".repeat(4));
    JsonNode perplexity =
        json(CommandRun.of("perplexity", "--text", text.toString(), "--context", "64", "--json"));
    assertEquals(63, perplexity.path("tokens_scored").asInt());
    JsonNode bench =
        json(CommandRun.of("bench", "--prompt", "4", "--generate", "2", "--repeat", "1", "--json"));
    assertEquals("qwenjet-nano", bench.path("model").asText());
  }

  @Test
  void chatBeginsWithWhatTheModelIsAndCanDo() {
    CommandRun run = CommandRun.withInput("/quit\n", "chat", "--context", "64");
    assertEquals(0, run.status(), run.err());
    String parameters = String.format(Locale.ROOT, "%,d", EmbeddedModel.parameters());
    assertTrue(run.err().contains(parameters + " parameters"), run.err());
    for (String prompt : List.of("first?", "second?", "third?")) {
      assertTrue(run.err().contains("  " + prompt + "\n"), run.err());
    }
    assertFalse(run.err().contains("fourth?"), run.err());
    assertTrue(run.err().contains("--model PATH"), run.err());
    assertEquals("", run.out());
  }

  @Test
  void chatForgetsTheOldestTurnsAndSaysSo() {
    // A turn has some 34 tokens: 6 of the question, 11 of its frame, 7 of the answer, 10 around it.
    CommandRun run =
        CommandRun.withInput(
            "turn 1\nturn 2\nturn 3\nturn 4\nturn 5\n", "chat", "--context", "128", "--ignore-eos");
    assertEquals(0, run.status(), run.err());
    List<String> forgotten = new ArrayList<>();
    run.err().lines().filter(line -> line.contains("forgotten")).forEach(forgotten::add);
    assertTrue(!forgotten.isEmpty() && forgotten.size() <= 4, run.err());
    assertTrue(forgotten.get(0).contains("the context of 128 tokens is full"), run.err());
  }

  @Test
  void aMessageLongerThanTheContextIsRefusedAndTheTalkGoesOn() {
    CommandRun run =
        CommandRun.withInput(
            "x".repeat(300) + "\nshort\n",
            "chat",
            "--context",
            "128",
            "--ignore-eos",
            "--temperature",
            "1",
            "--seed",
            "3");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("at most 127 tokens"), run.err());
    assertTrue(run.err().contains("this message was not sent"), run.err());
    assertFalse(run.out().isBlank(), "the next message is answered");
  }
}
