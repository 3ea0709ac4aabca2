// SPDX-License-Identifier: Apache-2.0
// What is refused, how, and that the engine goes on after it.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.bindings.StatusCode;
import io.qwenjet.engine.runtime.FakeModel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class EngineErrorTest {
  private static void refuses(
      Engine engine, String field, Consumer<SamplingParameters.Builder> sampling) {
    GenerationRequest r = GenerationRequest.builder().promptIds(1).sampling(sampling).build();
    InvalidRequestException e =
        assertThrows(InvalidRequestException.class, () -> engine.submit(r), field);
    assertTrue(e.getMessage().startsWith(field + ": expected "), e.getMessage());
    assertTrue(e.getMessage().contains(", got "), e.getMessage());
  }

  @Test
  void everySamplingValueIsChecked() {
    try (Engine engine = new TestEngines().open()) {
      refuses(engine, "temperature", s -> s.temperature(-0.1));
      refuses(engine, "temperature", s -> s.temperature(Double.NaN));
      refuses(engine, "topP", s -> s.topP(0));
      refuses(engine, "topP", s -> s.topP(1.01));
      refuses(engine, "topK", s -> s.topK(-2));
      refuses(engine, "minP", s -> s.minP(-0.1));
      refuses(engine, "minP", s -> s.minP(1.1));
      refuses(engine, "repetitionPenalty", s -> s.repetitionPenalty(0));
      refuses(engine, "presencePenalty", s -> s.presencePenalty(2.1));
      refuses(engine, "frequencyPenalty", s -> s.frequencyPenalty(-2.1));
      refuses(engine, "logitBias", s -> s.logitBias(TestEngines.VOCAB, 1));
      refuses(engine, "logitBias", s -> s.logitBias(1, Double.NaN));
      refuses(engine, "allowedTokenIds", s -> s.allowedTokenIds(List.of()));
      refuses(engine, "allowedTokenIds", s -> s.allowedTokenIds(List.of(-1)));
      refuses(engine, "badWords", s -> s.badWords(List.of(" ")));
      refuses(engine, "stop", s -> s.stop(""));
      refuses(engine, "stopTokenIds", s -> s.stopTokenIds(List.of(TestEngines.VOCAB)));
      refuses(engine, "minTokens", s -> s.minTokens(-1));
      refuses(engine, "minTokens", s -> s.minTokens(9).maxTokens(8));
      refuses(engine, "maxTokens", s -> s.maxTokens(0));
      refuses(engine, "logprobs", s -> s.logprobs(-2));
      refuses(engine, "logprobs", s -> s.logprobs(TestEngines.VOCAB + 1));
      refuses(engine, "n", s -> s.n(0));
      refuses(engine, "n", s -> s.n(9).temperature(1));
      refuses(engine, "n", s -> s.n(2));
      assertEquals(3, engine.generate(ids(1).sampling(s -> s.maxTokens(3)).build()).ids().length);
    }
  }

  private static GenerationRequest.Builder ids(int... ids) {
    return GenerationRequest.builder().promptIds(ids);
  }

  @Test
  void promptsAreChecked() {
    TestEngines t = new TestEngines();
    t.contextLength = 32;
    try (Engine engine = t.open()) {
      assertThrows(InvalidRequestException.class, () -> engine.generate(ids().build()));
      assertThrows(
          InvalidRequestException.class, () -> engine.generate(GenerationRequest.of("")));
      assertThrows(InvalidRequestException.class, () -> engine.generate(ids(-1).build()));
      InvalidRequestException e =
          assertThrows(
              InvalidRequestException.class,
              () -> engine.generate(ids(0, TestEngines.VOCAB).build()));
      assertEquals("promptIds[1]: expected a token id of 0 to 263, got 264", e.getMessage());
      assertThrows(ContextFullException.class, () -> engine.generate(ids(new int[32]).build()));
      Completion full =
          engine.generate(ids(new int[31]).sampling(s -> s.ignoreEos(true)).build());
      assertEquals(1, full.ids().length, "the context leaves room for one");
      assertEquals(FinishReason.LENGTH, full.finishReason());
      assertThrows(
          InvalidRequestException.class, () -> GenerationRequest.builder().build());
      assertThrows(InvalidRequestException.class, () -> ChatRequest.builder().build());
      assertThrows(InvalidRequestException.class, () -> engine.chat(null));
    }
  }

  @Test
  void aRequestThatCanNeverFitIsRefused() {
    TestEngines t = new TestEngines();
    t.numPages = 4;
    try (Engine engine = t.open()) {
      assertThrows(
          ContextFullException.class,
          () -> engine.generate(ids(new int[60]).sampling(s -> s.maxTokens(20)).build()));
      assertEquals(4, engine.generate(ids(1).sampling(s -> s.maxTokens(4)).build()).ids().length);
    }
  }

  @Test
  void textNeedsATokenizer() {
    TestEngines t = new TestEngines();
    t.withTokenizer = false;
    try (Engine engine = t.open()) {
      assertFalse(engine.hasTokenizer());
      assertThrows(UnsupportedModelException.class, engine::tokenizer);
      assertThrows(
          UnsupportedModelException.class, () -> engine.generate(GenerationRequest.of("x")));
      assertThrows(UnsupportedModelException.class, () -> engine.chat(ChatRequest.of("x")));
      assertThrows(
          UnsupportedModelException.class,
          () -> engine.generate(ids(1).sampling(s -> s.stop("x")).build()));
      Completion c = engine.generate(ids(1).sampling(s -> s.maxTokens(5)).build());
      assertEquals("", c.text());
      try (TokenStream stream = engine.stream(ids(1).sampling(s -> s.maxTokens(5)).build())) {
        int count = 0;
        for (Chunk chunk : stream) {
          count += chunk.ids().length;
        }
        assertEquals(c.ids().length, count);
      }
    }
  }

  @Test
  void aFailedStepFailsItsRequestsAndNoOther() {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      t.model.nextFailure = new InvalidRequestException("step: expected 1, got 2");
      InvalidRequestException e =
          assertThrows(InvalidRequestException.class, () -> engine.generate(ids(1).build()));
      assertEquals("step: expected 1, got 2", e.getMessage());
      assertEquals(2, engine.generate(ids(1).sampling(s -> s.maxTokens(2)).build()).ids().length);
      assertEquals(0, engine.stats().usedPages());
    }
  }

  @Test
  void everyNativeCodeReachesTheCallerAsItsType() {
    Map<StatusCode, Class<? extends RuntimeException>> types =
        Map.ofEntries(
            Map.entry(StatusCode.INVALID_ARGUMENT, InvalidRequestException.class),
            Map.entry(StatusCode.NOT_FOUND, ModelFormatException.class),
            Map.entry(StatusCode.CORRUPT_MODEL, ModelFormatException.class),
            Map.entry(StatusCode.UNSUPPORTED, UnsupportedModelException.class),
            Map.entry(StatusCode.OUT_OF_HOST_MEMORY, InsufficientMemoryException.class),
            Map.entry(StatusCode.OUT_OF_DEVICE_MEMORY, DeviceMemoryException.class),
            Map.entry(StatusCode.DEVICE_ERROR, DeviceException.class),
            Map.entry(StatusCode.DEVICE_LOST, DeviceException.class),
            Map.entry(StatusCode.CANCELLED, CancelledException.class),
            Map.entry(StatusCode.TIMEOUT, RequestTimeoutException.class),
            Map.entry(StatusCode.CONTEXT_FULL, ContextFullException.class),
            Map.entry(StatusCode.CLOSED, EngineClosedException.class),
            Map.entry(StatusCode.INTERNAL, InferenceException.class));
    assertEquals(StatusCode.values().length - 1, types.size(), "every code but OK");
    types.forEach(
        (code, type) -> {
          TestEngines t = new TestEngines();
          try (Engine engine = t.open()) {
            t.model.nextFailure = FakeModel.nativeFailure(code, "expected 1, got 2");
            RuntimeException e =
                assertThrows(
                    RuntimeException.class, () -> engine.generate(ids(1).build()), code.name());
            assertTrue(e.getMessage().contains("expected 1, got 2"), code + ": " + e);
            // A model that stopped by itself has failed: the caller cancelled and closed nothing.
            boolean stopped = code == StatusCode.CANCELLED || code == StatusCode.CLOSED;
            Class<? extends RuntimeException> thrown = stopped ? InferenceException.class : type;
            assertInstanceOf(thrown, e, code.name());
            assertInstanceOf(type, stopped ? e.getCause() : e, code.name());
            if (e instanceof InferenceException inference && code != StatusCode.CLOSED) {
              assertEquals(ErrorCode.valueOf(code.name()), inference.code());
              assertEquals("expected 1, got 2", inference.nativeMessage());
            }
          }
          assertTrue(t.model.isClosed(), code.name());
        });
  }

  @Test
  void badLogitsFailTheRequest() {
    TestEngines t = new TestEngines();
    boolean[] broken = {true};
    t.logits =
        seen -> {
          float[] row = new float[TestEngines.VOCAB];
          Arrays.fill(row, broken[0] ? Float.NaN : 1);
          return row;
        };
    try (Engine engine = t.open()) {
      assertThrows(InferenceException.class, () -> engine.generate(ids(1).build()));
      broken[0] = false;
      assertEquals(2, engine.generate(ids(1).sampling(s -> s.maxTokens(2)).build()).ids().length);
    }
  }

  @Test
  void anUnrecoverableErrorFailsTheEngine() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      t.model.nextFailure = new InferenceException(ErrorCode.INTERNAL, "the floor is gone");
      var first = engine.submit(ids(1).build());
      ExecutionException e =
          assertThrows(ExecutionException.class, () -> first.get(10, TimeUnit.SECONDS));
      assertTrue(e.getCause().getMessage().contains("the floor is gone"));
      InferenceException later =
          assertThrows(InferenceException.class, () -> engine.generate(ids(1).build()));
      assertTrue(later.getMessage().contains("must be opened again"), later.getMessage());
      assertEquals(ErrorCode.INTERNAL, later.code());
    }
    assertTrue(t.model.isClosed());
  }

  @Test
  void optionsAreChecked() {
    EngineOptions o = EngineOptions.defaults();
    assertThrows(InvalidRequestException.class, () -> o.pageSize(24));
    assertThrows(InvalidRequestException.class, () -> o.pageSize(8));
    assertThrows(InvalidRequestException.class, () -> o.threads(-1));
    assertThrows(InvalidRequestException.class, () -> o.contextLength(-1));
    assertThrows(InvalidRequestException.class, () -> o.maxSequences(0));
    assertThrows(InvalidRequestException.class, () -> o.window(null));
    assertThrows(InvalidRequestException.class, () -> o.kvCache(null));
    assertThrows(InvalidRequestException.class, () -> WindowPolicy.fixed(0, 0));
    assertThrows(InvalidRequestException.class, () -> WindowPolicy.dynamic(8, 4, 0.5, 0));
    assertThrows(InvalidRequestException.class, () -> WindowPolicy.dynamic(8, 16, 1, 0));
    assertThrows(InvalidRequestException.class, () -> Isa.ofLabel("sse2"));
    assertEquals(Isa.AVX512_BF16, Isa.ofLabel("avx512-bf16"));
    assertEquals(128, o.pageSize(128).maxSequences(3).pageSize());
    assertEquals(64, o.pageSize(), "options are immutable");
    assertInstanceOf(WindowPolicy.Model.class, o.window());
    assertEquals(KvCache.COMPUTE, o.kvCache());
    assertEquals(KvCache.INT8, o.kvCache(KvCache.INT8).threads(2).kvCache());
  }
}
