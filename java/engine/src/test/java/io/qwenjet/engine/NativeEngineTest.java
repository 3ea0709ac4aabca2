// SPDX-License-Identifier: Apache-2.0
// The engine over the native library, on tiny checkpoints: golden tokens, batches, windows, errors.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.NativeModels.Golden;
import io.qwenjet.engine.runtime.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
class NativeEngineTest {
  static List<String> cases() {
    return NativeModels.CASES;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void greedyTokensEqualTheReferences(String name) throws Exception {
    EngineOptions options = NativeModels.float32().pageSize(16).maxStepTokens(37);
    try (Engine engine = Engine.open(NativeModels.path(name), options)) {
      List<CompletableFuture<Completion>> together = new ArrayList<>();
      for (String run : NativeModels.RUNS) {
        together.add(engine.submit(Golden.of(name, run).request()));
      }
      for (int i = 0; i < NativeModels.RUNS.size(); i++) {
        Golden golden = Golden.of(name, NativeModels.RUNS.get(i));
        int clear = golden.numClear();
        assertTrue(clear > 0, "a comparison takes place");
        int[] alone = engine.generate(golden.request()).ids();
        assertArrayEquals(
            Arrays.copyOf(golden.generated(), clear),
            Arrays.copyOf(alone, clear),
            NativeModels.RUNS.get(i));
        assertArrayEquals(
            alone, together.get(i).get(30, TimeUnit.SECONDS).ids(), "in a batch as alone");
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameTokensInAnyCompany() throws Exception {
    try (Engine engine =
        Engine.open(NativeModels.path("qwen3-dense"), NativeModels.float32().pageSize(16))) {
      List<int[]> alone = new ArrayList<>();
      List<CompletableFuture<Completion>> together = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        alone.add(engine.generate(sampled(i)).ids());
      }
      for (int i = 0; i < 12; i++) {
        together.add(engine.submit(sampled(i)));
      }
      for (int i = 0; i < 12; i++) {
        assertArrayEquals(alone.get(i), together.get(i).get(30, TimeUnit.SECONDS).ids());
      }
      assertFalse(Arrays.equals(alone.get(0), alone.get(1)));
      assertEquals(0, engine.stats().usedPages());
    }
  }

  private static GenerationRequest sampled(int seed) {
    return GenerationRequest.builder()
        .promptIds(5, 6, 7, 8 + seed)
        .sampling(
            s ->
                s.temperature(1)
                    .topP(0.95)
                    .seed(seed)
                    .maxTokens(24)
                    .repetitionPenalty(1.1)
                    .ignoreEos(true))
        .build();
  }

  @Test
  void choicesOfOneRequestShareItsPrompt() {
    try (Engine engine =
        Engine.open(NativeModels.path("qwen3-dense"), NativeModels.float32().pageSize(16))) {
      GenerationRequest.Builder b =
          GenerationRequest.builder()
              .promptIds(Golden.of("qwen3-dense", "len64").prompt())
              .sampling(s -> s.temperature(1).seed(3).maxTokens(20).ignoreEos(true).logprobs(3));
      Choice single = engine.generate(b.build()).choices().get(0);
      Completion many = engine.generate(b.sampling(s -> s.n(3)).build());
      assertEquals(single, many.choices().get(0));
      assertFalse(Arrays.equals(single.ids(), many.choices().get(1).ids()));
      for (TokenLogprob p : single.logprobs()) {
        assertTrue(p.logprob() <= 0 && p.rank() >= 1 && p.top().size() == 3);
        assertTrue(p.top().get(0).logprob() >= p.logprob());
      }
    }
  }

  @Test
  void windowsChangeResultsOnlyBeyondTheirReach() {
    try (Engine engine =
        Engine.open(NativeModels.path("qwen3-dense"), NativeModels.float32().pageSize(16))) {
      Golden golden = Golden.of("qwen3-dense", "len64");
      int[] full = engine.generate(golden.request()).ids();
      for (WindowPolicy wide :
          List.of(
              WindowPolicy.full(),
              WindowPolicy.fixed(1000, 0),
              WindowPolicy.fixed(40, 60),
              WindowPolicy.dynamic(200, 300, 0.5, 0))) {
        assertArrayEquals(full, windowed(engine, golden, wide), wide.toString());
      }
      assertFalse(
          Arrays.equals(full, windowed(engine, golden, WindowPolicy.fixed(2, 0))),
          "a window of two tokens changes the answer");
    }
  }

  private static int[] windowed(Engine engine, Golden golden, WindowPolicy policy) {
    return engine
        .generate(
            GenerationRequest.builder()
                .promptIds(golden.prompt())
                .window(policy)
                .sampling(golden.request().sampling())
                .build())
        .ids();
  }

  @Test
  void openingReportsProgressAndWhatItHolds() {
    AtomicLong done = new AtomicLong();
    AtomicLong total = new AtomicLong();
    EngineOptions options =
        NativeModels.float32()
            .contextLength(128)
            .loadListener(
                (d, t) -> {
                  done.set(d);
                  total.set(t);
                });
    MemoryPlan plan = Engine.plan(NativeModels.path("qwen3-dense"), options);
    assertTrue(plan.fits(), plan.toString());
    assertEquals(128, plan.contextLength());
    try (Engine engine = Engine.open(NativeModels.path("qwen3-dense"), options)) {
      assertTrue(total.get() > 0 && done.get() == total.get(), done + " of " + total);
      assertEquals(plan.weightsBytes(), engine.info().memory().weightsBytes());
      assertEquals(128, engine.info().contextLength());
      assertEquals(4096, engine.info().modelContextLength());
      assertEquals("qwen3", engine.info().architecture());
      assertThrows(
          ContextFullException.class, () -> engine.generate(GenerationRequest.of(new int[128])));
    }
  }

  @Test
  void anInt8KvCacheTakesLessInEachNumberType() {
    Path model = NativeModels.path("qwen3-dense");
    int[] prompt = Golden.of("qwen3-dense", "len130").prompt();
    for (Compute compute : Compute.values()) {
      EngineOptions full = EngineOptions.defaults().compute(compute).contextLength(256).threads(1);
      EngineOptions int8 = full.kvCache(KvCache.INT8);
      MemoryPlan plan = Engine.plan(model, int8);
      assertTrue(plan.kvBytesPerToken() < Engine.plan(model, full).kvBytesPerToken());
      assertEquals(plan.kvBytesPerToken() * 256, plan.kvPoolBytes());
      try (Engine engine = Engine.open(model, int8)) {
        assertEquals(KvCache.INT8, engine.info().kvCache());
        assertEquals(plan.kvPoolBytes(), engine.info().memory().kvPoolBytes());
        GenerationRequest request =
            GenerationRequest.builder()
                .promptIds(prompt)
                .sampling(s -> s.temperature(0).maxTokens(9).ignoreEos(true))
                .build();
        assertEquals(9, engine.generate(request).ids().length);
      }
    }
  }

  @Test
  void whatCannotBeOpenedIsRefusedByType(@TempDir Path folder) throws IOException {
    Path model = NativeModels.path("qwen3-dense");
    assertThrows(ModelFormatException.class, () -> Engine.open(folder.resolve("nothing")));
    assertThrows(ModelFormatException.class, () -> Engine.open(folder));
    assertThrows(
        InvalidRequestException.class,
        () -> Engine.open(model, EngineOptions.defaults().contextLength(4097)));
    for (Isa isa : Isa.values()) {
      if (isa != Isa.AUTO && !Machine.isaSupported(isa.code())) {
        InvalidRequestException e =
            assertThrows(
                InvalidRequestException.class,
                () -> Engine.open(model, EngineOptions.defaults().isa(isa)));
        assertTrue(e.getMessage().contains(isa.label()), e.getMessage());
      }
    }
    Files.copy(model.resolve("config.json"), folder.resolve("config.json"));
    Files.write(
        folder.resolve("model.safetensors"),
        Arrays.copyOf(Files.readAllBytes(model.resolve("model.safetensors")), 1000));
    assertThrows(ModelFormatException.class, () -> Engine.open(folder));
    Path weights = folder.resolve("model.safetensors");
    Files.copy(model.resolve("model.safetensors"), weights, StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"mamba\"}");
    assertThrows(UnsupportedModelException.class, () -> Engine.open(folder));
  }

  @Test
  void aBrokenTokenizerOrGenerationConfigStopsTheOpening(@TempDir Path folder)
      throws IOException {
    Path model = NativeModels.path("qwen3-dense");
    for (String file : new String[] {"config.json", "model.safetensors"}) {
      Files.createSymbolicLink(folder.resolve(file), model.resolve(file));
    }
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": 3}");
    assertThrows(ModelFormatException.class, () -> Engine.open(folder));
    Files.delete(folder.resolve("tokenizer.json"));
    Files.writeString(folder.resolve("generation_config.json"), "[]");
    assertThrows(ModelFormatException.class, () -> Engine.open(folder));
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [2, 9]}");
    Engine.open(folder).close();
  }

  @Test
  void threadsAreAsManyAsTheModelKeepsBusy() {
    int processors = Runtime.getRuntime().availableProcessors();
    EngineOptions one = EngineOptions.defaults().maxSequences(1);
    assertEquals(1, one.resolvedThreads(8 << 20));
    assertEquals(Math.min(2, processors), one.resolvedThreads(16 << 20));
    assertEquals(Math.min(5, processors), one.maxSequences(8).resolvedThreads(8 << 20));
    assertEquals(Math.min(5, processors), one.maxSequences(64).resolvedThreads(8 << 20));
    assertEquals(processors, one.resolvedThreads(1L << 40));
    assertEquals(3, one.threads(3).resolvedThreads(8 << 20));
    try (Engine engine = Engine.open(NativeModels.path("qwen3-dense"), one)) {
      assertEquals(1, engine.info().threads());
    }
  }

  @Test
  void tooLittleMemoryIsRefusedWithThePlan() {
    MemoryPlan plan =
        Engine.plan(NativeModels.path("qwen3-dense"), EngineOptions.defaults().contextLength(4096));
    MemoryPlan tight =
        new MemoryPlan(
            plan.weightsBytes(),
            plan.kvPoolBytes(),
            plan.activationBytes(),
            plan.loadBytes(),
            plan.totalBytes() - 1,
            plan.kvBytesPerToken(),
            plan.contextLength(),
            plan.modelContextLength(),
            plan.parameters(),
            plan.embeddingParameters(),
            plan.embeddingBytes(),
            plan.headBytes(),
            plan.quantizedParameters());
    assertTrue(plan.fits());
    assertFalse(tight.fits());
    assertTrue(tight.toString().endsWith("does not fit"), tight.toString());
    InsufficientMemoryException e =
        assertThrows(
            InsufficientMemoryException.class,
            () -> ModelOpener.open(
                ModelLocation.of(NativeModels.path("qwen3-dense")),
                EngineOptions.defaults(),
                100_000));
    assertEquals(100_000, e.plan().availableBytes());
  }

  @Test
  void openingAndClosingManyTimesKeepsNothing() {
    Path model = NativeModels.path("qwen3-dense");
    for (int i = 0; i < 20; i++) {
      try (Engine engine = Engine.open(model, NativeModels.float32().contextLength(64))) {
        if (i % 2 == 0) {
          engine.submit(Golden.of("qwen3-dense", "len7").request());
        }
      }
    }
    long threads =
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equals("qwenjet-engine"))
            .count();
    assertEquals(0, threads);
  }
}
