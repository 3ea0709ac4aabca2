// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.synthesize.CheckpointWriter;
import io.qwenjet.cli.synthesize.ModelShape;
import io.qwenjet.engine.EmbeddedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole command on a small random model; the numbers themselves are tested natively. */
class QuantizeCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static Path model;
  private static Path text;
  private static Path lines;

  @BeforeAll
  static void writeAModelAndTexts() throws IOException {
    model = folder.resolve("model");
    new CheckpointWriter(ModelShape.of("tiny"), 1, 2).write(model, null, (done, total) -> {});
    text = folder.resolve("text.txt");
    Files.writeString(text, "The quick brown fox jumps over the lazy dog. ".repeat(60));
    lines = folder.resolve("lines.jsonl");
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      written.add(
          i % 2 == 0
              ? "{\"text\": \"Line " + i + " of a text.\"}"
              : "{\"messages\": [{\"role\": \"user\", \"content\": \"What is "
                  + i
                  + "?\"}, {\"role\": \"assistant\", \"content\": \"A number.\"}]}");
    }
    Files.write(lines, written);
  }

  private static CommandRun quantize(Path out, String... more) {
    List<String> arguments = new ArrayList<>(List.of("quantize", "--out", out.toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray(new String[0]));
  }

  /** The model of this test with 4 bits in groups that fit it. */
  private static CommandRun int4(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of(model.toString(), "--to", "int4", "--group-size", "32"));
    arguments.addAll(List.of(more));
    return quantize(out, arguments.toArray(new String[0]));
  }

  private static JsonNode json(CommandRun run) throws IOException {
    assertEquals(0, run.status(), run.err());
    assertEquals(1, run.out().lines().count(), run.out());
    return JSON.readTree(run.out());
  }

  /** What a failed or finished command leaves beside its output. */
  private static void assertNothingTemporaryIsLeft() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      assertFalse(files.anyMatch(file -> file.toString().contains("quantizing")));
    }
  }

  @Test
  void theBetterOfTwoMethodsIsWrittenAndBothAreReported() throws IOException {
    Path out = folder.resolve("fitted");
    JsonNode report =
        json(
            int4(
                out,
                "--calibration",
                text.toString(),
                "--calibration-tokens",
                "600",
                "--sequence",
                "100",
                "--json"));
    assertEquals(2, report.path("methods").size(), report.toString());
    double least = Double.POSITIVE_INFINITY;
    String best = "";
    for (JsonNode method : report.path("methods")) {
      assertTrue(method.path("perplexity").asDouble() > 1, report.toString());
      if (method.path("kl_divergence").asDouble() < least) {
        least = method.path("kl_divergence").asDouble();
        best = method.path("name").asText();
      }
    }
    assertEquals(best, report.path("method").asText());
    assertEquals(600, report.path("calibration_tokens").asInt());
    assertEquals(99, report.path("evaluation_tokens").asInt());
    assertEquals(4.5, report.path("bits_per_weight").asDouble());
    assertEquals(
        Files.size(out.resolve("model.safetensors")), report.path("size_after_bytes").asLong());
    assertTrue(
        report.path("size_after_bytes").asLong() < report.path("size_before_bytes").asLong());
    assertNothingTemporaryIsLeft();

    JsonNode config = JSON.readTree(out.resolve("config.json").toFile());
    JsonNode quantization = config.path("quantization_config");
    assertEquals("compressed-tensors", quantization.path("quant_method").asText());
    assertEquals("pack-quantized", quantization.path("format").asText());
    assertEquals("[\"lm_head\"]", quantization.path("ignore").toString());
    JsonNode weights = quantization.at("/config_groups/group_0/weights");
    assertEquals(4, weights.path("num_bits").asInt());
    assertEquals(32, weights.path("group_size").asInt());
    assertTrue(weights.path("symmetric").asBoolean());
    ((ObjectNode) config).remove("quantization_config");
    assertEquals(JSON.readTree(model.resolve("config.json").toFile()), config);
    assertEquals(
        -1, Files.mismatch(model.resolve("tokenizer.json"), out.resolve("tokenizer.json")));
  }

  @Test
  void aConversationALineIsATextToo() throws IOException {
    JsonNode report =
        json(
            quantize(
                folder.resolve("lines"),
                model.toString(),
                "--to",
                "int8",
                "--group-size",
                "64",
                "--method",
                "gptq",
                "--asymmetric",
                "--embeddings",
                "int8",
                "--calibration",
                lines.toString(),
                "--json"));
    assertEquals("gptq", report.path("method").asText());
    assertTrue(report.path("calibration_tokens").asInt() > 54 * 10, report.toString());
    JsonNode groups =
        JSON.readTree(folder.resolve("lines/config.json").toFile())
            .at("/quantization_config/config_groups");
    assertFalse(groups.at("/group_0/weights/symmetric").asBoolean());
    assertEquals("channel", groups.at("/group_1/weights/strategy").asText());
    assertEquals(0, perplexity(folder.resolve("lines")).status());
  }

  private static CommandRun perplexity(Path written) {
    return CommandRun.of(
        "perplexity",
        written.toString(),
        "--text",
        text.toString(),
        "--context",
        "100",
        "--activations",
        "exact",
        "--json");
  }

  /** What was measured while writing is what the written model does once it is loaded. */
  @Test
  void theWrittenModelLoadsAndIsAsGoodAsReported() throws IOException {
    Path out = folder.resolve("loaded");
    JsonNode report =
        json(
            int4(
                out,
                "--sequence",
                "100",
                "--calibration-tokens",
                "100000",
                "--evaluate",
                text.toString(),
                "--json"));
    JsonNode loaded = json(perplexity(out));
    double reported = report.at("/methods/0/perplexity").asDouble();
    assertEquals(
        report.path("evaluation_tokens").asLong(), loaded.path("tokens_scored").asLong());
    // Both multiply bf16 weights; the order of additions is the only difference there may be.
    assertEquals(reported, loaded.path("all_but_first").asDouble(), reported * 0x1p-10);
  }

  @Test
  void withoutATextWeightsAreRoundedAndMeasuredOnABuiltInOne() {
    CommandRun run = int4(folder.resolve("rounded"));
    assertEquals(0, run.status(), run.err());
    assertTrue(run.out().contains("by rtn in"), run.out());
    assertTrue(run.out().contains("original"), run.out());
    assertEquals("", run.err());
  }

  @Test
  void nanoIsTheEmbeddedModel() throws IOException {
    System.setProperty(EmbeddedModel.PATH_PROPERTY, model.toString());
    try {
      JsonNode report =
          json(
              quantize(
                  folder.resolve("nano-int4"),
                  "nano",
                  "--to",
                  "int4",
                  "--group-size",
                  "32",
                  "--json"));
      assertEquals("qwenjet-nano", report.path("model").asText());
      assertTrue(Files.exists(folder.resolve("nano-int4/tokenizer.json")));
    } finally {
      System.clearProperty(EmbeddedModel.PATH_PROPERTY);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--group-size 128                  | a group size that divides its 64 columns, got 128",
        "--group-size 32 --method gptq --calibration no-such-file | no-such-file",
        "--group-size 32 --isa nonsense    | avx512-vnni",
      })
  void whatCannotBeDoneIsNamedAndLeavesNothing(String options, String said) throws IOException {
    List<String> more = new ArrayList<>(List.of(model.toString(), "--to", "int4"));
    more.addAll(List.of(options.strip().split(" +")));
    Path out = folder.resolve("refused");
    CommandRun run = quantize(out, more.toArray(new String[0]));
    assertTrue(run.status() != 0);
    assertEquals("", run.out());
    assertTrue(run.err().contains(said), run.err());
    assertFalse(Files.exists(out));
    assertNothingTemporaryIsLeft();
  }

  @Test
  void aFolderThatHoldsSomethingIsNeverTouched() throws IOException {
    Path out = Files.createDirectory(folder.resolve("held"));
    Files.writeString(out.resolve("mine"), "kept");
    CommandRun run = int4(out);
    assertEquals(1, run.status());
    assertTrue(run.err().contains("expected a new or empty folder"), run.err());
    assertEquals("kept", Files.readString(out.resolve("mine")));
  }

  @Test
  void aQuantisedModelIsNotQuantisedAgain() throws IOException {
    Path once = folder.resolve("once");
    assertEquals(
        0, quantize(once, model.toString(), "--to", "int8", "--group-size", "32").status());
    CommandRun again =
        quantize(folder.resolve("twice"), once.toString(), "--to", "int4", "--group-size", "32");
    assertEquals(1, again.status());
    assertTrue(again.err().contains("not quantised, got one of compressed-tensors"), again.err());
  }

  @Test
  void aModelWithoutAGraphIsRoundedAndThatIsSaid() throws IOException {
    Path moe = Files.createDirectory(folder.resolve("moe"));
    for (String name : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(model.resolve(name), moe.resolve(name));
    }
    Files.writeString(
        moe.resolve("config.json"),
        Files.readString(model.resolve("config.json"))
            .replace("\"qwen3\"", "\"qwen3_moe\"")
            .replace("Qwen3ForCausalLM", "Qwen3MoeForCausalLM"));
    CommandRun run =
        quantize(
            folder.resolve("moe-int4"), moe.toString(), "--to", "int4", "--group-size", "32");
    assertEquals(0, run.status(), run.err());
    assertTrue(run.err().contains("nothing is measured"), run.err());
    assertTrue(run.out().contains("by rtn"), run.out());
    CommandRun gptq =
        quantize(
            folder.resolve("moe-gptq"),
            moe.toString(),
            "--to",
            "int4",
            "--method",
            "gptq",
            "--calibration",
            text.toString());
    assertEquals(1, gptq.status());
    assertTrue(gptq.err().contains("expected rtn for a model that does not run here"), gptq.err());
  }

  @Test
  void anInterruptEndsTheWorkAndLeavesNothing() throws Exception {
    Path out = folder.resolve("interrupted");
    Files.writeString(folder.resolve("long.txt"), "All work and no play. ".repeat(20_000));
    CommandRun[] run = new CommandRun[1];
    Thread worker =
        new Thread(
            () ->
                run[0] =
                    int4(
                        out,
                        "--calibration",
                        folder.resolve("long.txt").toString(),
                        "--calibration-tokens",
                        "300000"));
    worker.start();
    while (worker.isAlive() && !isWriting()) {
      Thread.sleep(5);
    }
    worker.interrupt();
    worker.join(60_000);
    assertEquals(1, run[0].status(), run[0].out());
    assertTrue(run[0].err().contains("cancelled"), run[0].err());
    assertFalse(Files.exists(out));
    assertNothingTemporaryIsLeft();
  }

  private static boolean isWriting() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.toString().contains("quantizing"));
    }
  }
}
