// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.cli.synthesize.CheckpointWriter;
import io.qwenjet.cli.synthesize.ModelShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole commands on small models: the native library computes. */
class CommandsIntegrationTest {
  private static final Path TINY = Path.of("../../cpp/testing/tiny");

  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void writeAModel() throws IOException {
    Path path = folder.resolve("model");
    new CheckpointWriter(ModelShape.of("tiny"), 1, 2).write(path, null, (done, total) -> {});
    model = path.toString();
  }

  private static JsonNode json(CommandRun run) throws IOException {
    assertEquals(0, run.status(), run.err());
    assertEquals(1, run.out().lines().count(), run.out());
    return new ObjectMapper().readTree(run.out());
  }

  private static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  @ParameterizedTest
  @CsvSource({"64, 512, 2", "16, 1, 1", "16, 37, 2"})
  void tinyCasesConformInBothNumberTypes(int pageSize, int chunk, int threads) throws IOException {
    JsonNode result =
        json(
            CommandRun.of(
                "conformance",
                "--page-size",
                "" + pageSize,
                "--chunk",
                "" + chunk,
                "--threads",
                "" + threads,
                "--json",
                TINY.toString()));
    assertTrue(result.path("passed").asBoolean(), result.toString());
    assertEquals(6 * 4 * 2, result.path("runs").size());
    for (JsonNode run : result.path("runs")) {
      assertEquals("passed", run.path("status").asText(), run.toString());
      assertEquals(24, run.path("tokens").asInt());
    }
  }

  @Test
  void roundedInputsAreReportedAndNotJudged() throws IOException {
    JsonNode result =
        json(
            CommandRun.of(
                "conformance", "--activations", "int8", "--compute", "float32", "--json",
                TINY.toString()));
    assertTrue(result.path("passed").asBoolean(), result.toString());
    for (JsonNode run : result.path("runs")) {
      assertEquals("reported", run.path("status").asText(), run.toString());
    }
  }

  @Test
  void aChangedWeightFailsConformance() throws IOException {
    Path broken = copyOfCase("broken");
    Path weights = broken.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    // The last tensor's last values: sign and exponent of 64 weights change.
    for (int i = bytes.length - 127; i < bytes.length; i += 2) {
      bytes[i] ^= 0x40;
    }
    Files.write(weights, bytes);
    CommandRun run = CommandRun.of("conformance", "--compute", "float32", broken.toString());
    assertEquals(1, run.status());
    assertTrue(run.out().contains("failed"), run.out());
  }

  @Test
  void anUnsupportedArchitectureIsAFailedRow() throws IOException {
    Path other = copyOfCase("other");
    Path config = other.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"qwen3\"", "\"mamba\"").replace("Qwen3ForC", "MambaC"));
    CommandRun run = CommandRun.of("conformance", "--json", other.toString());
    assertEquals(1, run.status());
    JsonNode row = new ObjectMapper().readTree(run.out()).path("runs").path(0);
    assertEquals("failed", row.path("status").asText());
    assertTrue(row.path("message").asText().contains("not supported"), row.toString());
  }

  @Test
  void generateAnswersInJson() throws IOException {
    JsonNode answer =
        json(
            CommandRun.of(
                "generate", "-m", model, "--json", "--temperature", "0", "--max-tokens", "5",
                "--ignore-eos", "Hi"));
    assertEquals(
        List.of(
            "prompt_ids",
            "ids",
            "text",
            "reasoning",
            "tool_calls",
            "finish_reason",
            "usage",
            "timings"),
        keys(answer));
    assertEquals(5, answer.path("ids").size());
    assertEquals("length", answer.path("finish_reason").asText());
    assertEquals(5, answer.path("usage").path("completion_tokens").asInt());
    assertEquals(151644, answer.path("prompt_ids").path(0).asInt());
  }

  @Test
  void generateStreamsTheSameTextThatJsonHas() throws IOException {
    String[] line = {
      "generate", "-m", model, "--temperature", "1", "--seed", "5", "--max-tokens", "8", "--raw"
    };
    CommandRun plain = CommandRun.withInput("Hello\n", line);
    assertEquals(0, plain.status(), plain.err());
    List<String> withJson = new ArrayList<>(List.of(line));
    withJson.add("--json");
    JsonNode answer = json(CommandRun.withInput("Hello\n", withJson.toArray(String[]::new)));
    assertEquals(answer.path("text").asText().stripTrailing(), plain.out().stripTrailing());
    // --raw: the text itself, its line end too.
    assertEquals(6, answer.path("prompt_ids").size());
  }

  @Test
  void anEmptyRawPromptIsRefused() {
    CommandRun run = CommandRun.of("generate", "-m", model, "--raw", "");
    assertEquals(1, run.status());
    assertTrue(run.err().contains("expected at least one token"), run.err());
  }

  @Test
  void thinkingCanBeSwitchedOff() throws IOException {
    String[] line = {"generate", "-m", model, "--json", "--max-tokens", "1", "Hi"};
    int asIs = json(CommandRun.of(line)).path("prompt_ids").size();
    line[5] = "--no-think";
    line[4] = "--max-tokens=1";
    // The template writes an empty thinking block: two tokens and four line ends.
    assertEquals(asIs + 6, json(CommandRun.of(line)).path("prompt_ids").size());
    line[5] = "--think";
    assertEquals(asIs, json(CommandRun.of(line)).path("prompt_ids").size());
  }

  @Test
  void chatAnswersEachLineOfAPipe() {
    CommandRun run =
        CommandRun.withInput(
            "/help\n/system Be brief.\n/system\n/think off\n/think\n/nonsense\n"
                + "first\n\n/clear\nsecond\n/quit\nnever read\n",
            "chat",
            "-m",
            model,
            "--max-tokens",
            "12",
            "--temperature",
            "1",
            "--seed",
            "3",
            "--ignore-eos");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("/system [TEXT]"), run.err());
    assertTrue(run.err().contains("system message: Be brief."), run.err());
    assertTrue(run.err().contains("thinking is off"), run.err());
    assertTrue(run.err().contains("thinking is on"), run.err());
    assertTrue(run.err().contains("no command /nonsense"), run.err());
    // Random weights say unused tokens; both answers have some, and nothing else comes between.
    assertTrue(run.out().lines().filter(line -> line.contains("<unused_")).count() >= 2, run.out());
    assertFalse(run.out().contains("thinking is"), run.out());
  }

  @Test
  void perplexityOfRandomWeightsIsNearTheVocabulary() throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "0123456789abcdef".repeat(20));
    JsonNode whole =
        json(
            CommandRun.of(
                "perplexity", model, "--text", text.toString(), "--context", "64", "--json",
                "--compute", "float32"));
    assertEquals(5 * 63, whole.path("tokens_scored").asInt());
    // Weights are small, so the distribution is nearly even.
    assertEquals(151936, whole.path("all_but_first").asDouble(), 0.2 * 151936);
    JsonNode one =
        json(
            CommandRun.of(
                "perplexity", model, "--text", text.toString(), "--context", "64", "--windows",
                "1", "--json", "--compute", "float32"));
    assertEquals(63, one.path("tokens_scored").asInt());
    // Every window holds the same text.
    assertEquals(
        whole.path("second_half").asDouble(),
        one.path("second_half").asDouble(),
        1e-6 * 151936);
  }

  @Test
  void tokenizeGoesBothWays() throws IOException {
    CommandRun ids = CommandRun.withInput("Hi <|im_end|>", "tokenize", model);
    assertEquals("39 72 220 151645\n", ids.out());
    assertTrue(ids.err().contains("4 tokens"), ids.err());
    assertEquals(
        "Hi <|im_end|>", CommandRun.withInput(ids.out(), "tokenize", "--decode", model).out());
    assertEquals(
        "{\"ids\":[39,72]}\n{\"ids\":[]}\n",
        CommandRun.withInput("{\"text\":\"Hi\"}\n\n{\"text\":\"\"}\n", "tokenize", "--json", model)
            .out());
    assertEquals(
        "{\"text\":\"Hi\"}\n",
        CommandRun.withInput("{\"ids\":[39,72]}", "tokenize", "--json", "--decode", model).out());
    JsonNode chat =
        json(
            CommandRun.withInput(
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":null,"
                    + "\"add_generation_prompt\":true,\"enable_thinking\":false}",
                "tokenize",
                "--json",
                "--chat",
                model));
    assertEquals(List.of("ids", "rendered"), keys(chat));
    assertEquals(
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        chat.path("rendered").asText());
  }

  @Test
  void tokenizeNamesTheBrokenLine() {
    CommandRun run =
        CommandRun.withInput("{\"text\":\"a\"}\n{\"txt\":1}\n", "tokenize", "--json", model);
    assertEquals(1, run.status());
    assertTrue(run.err().contains("line 2: expected an object with \"text\""), run.err());
  }

  @Test
  void inspectShowsWhatAModelIs() throws IOException {
    JsonNode found = json(CommandRun.of("inspect", "--json", "--context", "128", model));
    assertEquals("qwen3", found.path("architecture").asText());
    assertEquals(2 * 11 + 2, found.path("tensors").size());
    assertEquals(151669, found.path("tokenizer").path("tokens").asInt());
    assertTrue(found.path("chat_template").asBoolean());
    assertEquals(
        ModelShape.of("tiny").parameters(), found.path("memory").path("parameters").asLong());
    assertEquals(128, found.path("memory").path("context").asInt());
    assertTrue(found.path("weights").path("method").isNull());
    assertEquals("bfloat16", found.path("weights").path("forms").path(0).path("form").asText());
    assertTrue(found.path("memory").path("bits_per_weight").asDouble() >= 16);
    CommandRun text = CommandRun.of("inspect", model);
    assertEquals(0, text.status(), text.err());
    assertTrue(text.out().contains("model.layers.*.mlp.down_proj.weight"), text.out());
  }

  @Test
  void synthesizeKeepsWhatIsThere() {
    CommandRun run = CommandRun.of("synthesize", "tiny", "--out", model);
    assertEquals(1, run.status());
    assertTrue(run.err().contains("expected a new or empty folder"), run.err());
  }

  private static Path copyOfCase(String name) throws IOException {
    Path copy = Files.createDirectory(folder.resolve(name));
    try (var files = Files.newDirectoryStream(TINY.resolve("qwen3-dense"))) {
      for (Path file : files) {
        Files.write(copy.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return copy;
  }
}
