// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.KvCache;
import io.qwenjet.engine.SamplingParameters;
import io.qwenjet.engine.WindowPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.TypeConversionException;

/** What options become. */
class OptionsTest {
  @Command
  static final class Holder {
    @Mixin private ModelOptions model;
    @Mixin private SamplingOptions sampling;
  }

  private static Holder parse(String... arguments) {
    Holder holder = new Holder();
    new CommandLine(holder).parseArgs(arguments);
    return holder;
  }

  @Test
  void windowsAreReadAsTheIssueWritesThem() {
    WindowOptions.Policy policy = new WindowOptions.Policy();
    assertEquals(WindowPolicy.model(), policy.convert("model"));
    assertEquals(WindowPolicy.full(), policy.convert("full"));
    assertEquals(WindowPolicy.fixed(4096, 0), policy.convert("fixed:4096"));
    assertEquals(WindowPolicy.fixed(4096, 4), policy.convert("fixed:4096,4"));
    assertEquals(WindowPolicy.dynamic(512, 4096, 0.25, 0), policy.convert("dynamic:512,4096,0.25"));
    assertEquals(
        WindowPolicy.dynamic(512, 4096, 0.25, 8), policy.convert("dynamic:512,4096,0.25,8"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "none",
        "model:1",
        "full:",
        "fixed",
        "fixed:",
        "fixed:1,2,3",
        "fixed:x",
        "fixed:-1",
        "dynamic:1,2",
        "dynamic:8,4,0.5",
        "dynamic:1,2,1",
        "dynamic:1,2,NaN",
        "dynamic:1,2,0.5,-1"
      })
  void otherWindowsAreRefused(String text) {
    WindowOptions.Policy policy = new WindowOptions.Policy();
    TypeConversionException e =
        assertThrows(TypeConversionException.class, () -> policy.convert(text));
    assertTrue(e.getMessage().contains("expected"), e.getMessage());
  }

  @Test
  void modelOptionsHaveDefaults() {
    ModelOptions none = parse().model;
    assertNull(none.givenCompute());
    assertEquals(Compute.BFLOAT16, none.compute());
    assertEquals(KvCache.COMPUTE, none.engineOptions().kvCache());
    assertEquals("bfloat16", none.kvCacheLabel());
    assertEquals(Isa.AUTO, none.isa());
    assertEquals(Activations.AUTO, none.activations());
    assertEquals(0, none.context());
    assertEquals(Runtime.getRuntime().availableProcessors(), none.threads());
    ModelOptions all =
        parse("--compute", "float32", "--isa", "portable", "--threads", "3", "--context", "77")
            .model;
    assertEquals(Compute.FLOAT32, all.compute());
    assertEquals(Isa.PORTABLE, all.isa());
    assertEquals(3, all.engineOptions().threads());
    assertEquals(77, all.engineOptions().contextLength());
    ModelOptions exact = parse("--activations", "exact").model;
    assertEquals(Activations.EXACT, exact.activations());
    assertEquals(Activations.EXACT, exact.engineOptions().activations());
  }

  @Test
  void theKvCacheIsTheComputeTypesOrInt8() {
    ModelOptions int8 = parse("--kv-cache", "int8", "--compute", "float32").model;
    assertEquals(KvCache.INT8, int8.engineOptions().kvCache());
    assertEquals("int8", int8.kvCacheLabel());
    ModelOptions bf16 = parse("--kv-cache", "bf16").model;
    assertEquals(KvCache.COMPUTE, bf16.engineOptions().kvCache());
    assertEquals("float32", parse("--compute", "float32").model.kvCacheLabel());
    TypeConversionException e =
        assertThrows(
            TypeConversionException.class, () -> new ModelOptions.KvCacheName().convert("int4"));
    assertTrue(e.getMessage().contains("bf16 or int8, got int4"), e.getMessage());
  }

  @Test
  void samplingOptionsSetWhatWasGivenAndNothingElse() {
    SamplingParameters.Builder builder = SamplingParameters.builder();
    parse().sampling.applyTo(builder);
    assertEquals(SamplingParameters.defaults(), builder.build());

    String line =
        "--temperature 0.7 --top-k 20 --top-p 0.8 --min-p 0.1 --repetition-penalty 1.1"
            + " --presence-penalty 0.5 --frequency-penalty -0.5 --seed 9 --max-tokens 5"
            + " --min-tokens 2 --stop a --stop b --stop-id 3 --logit-bias 7=-2.5 --ignore-eos";
    parse(line.split(" ")).sampling.applyTo(builder);
    SamplingParameters expected =
        SamplingParameters.builder()
            .temperature(0.7)
            .topK(20)
            .topP(0.8)
            .minP(0.1)
            .repetitionPenalty(1.1)
            .presencePenalty(0.5)
            .frequencyPenalty(-0.5)
            .seed(9)
            .maxTokens(5)
            .minTokens(2)
            .stop(List.of("a", "b"))
            .stopTokenIds(List.of(3))
            .logitBias(7, -2.5)
            .ignoreEos(true)
            .build();
    assertEquals(expected, builder.build());
  }

  @Test
  void theHistoryLiesInTheUsersStateFolder() {
    assertEquals(
        Path.of("/state/qwenjet/chat_history"),
        ChatTerminal.historyFile(Map.of("XDG_STATE_HOME", "/state")));
    Path home = Path.of(System.getProperty("user.home"));
    assertEquals(
        home.resolve(".local/state/qwenjet/chat_history"), ChatTerminal.historyFile(Map.of()));
    assertEquals(
        home.resolve(".local/state/qwenjet/chat_history"),
        ChatTerminal.historyFile(Map.of("XDG_STATE_HOME", "relative")));
  }

  @Test
  void rowsOfAPerplexityStepFitInTheirBudget() {
    assertEquals(512, Perplexity.rowsPerStep(49152, 512));
    assertEquals(128, Perplexity.rowsPerStep(151936, 512));
    assertEquals(16, Perplexity.rowsPerStep(10_000_000, 512));
    assertEquals(100, Perplexity.rowsPerStep(256, 100));
  }
}
