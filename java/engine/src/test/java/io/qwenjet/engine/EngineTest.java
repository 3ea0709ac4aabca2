// SPDX-License-Identifier: Apache-2.0
// The public API over a model that checks its pages: results do not depend on what else runs, on
// chunking or on how they are asked for.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EngineTest {
  private static GenerationRequest request(int length, int seed, int maxTokens) {
    int[] prompt = IntStream.range(0, length).map(i -> (i * 7 + seed) % 250).toArray();
    return GenerationRequest.builder()
        .promptIds(prompt)
        .sampling(s -> s.temperature(0.9).seed(seed).maxTokens(maxTokens).ignoreEos(true))
        .build();
  }

  @Test
  void aBatchOfManyEqualsEachAlone() throws Exception {
    List<int[]> alone = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      TestEngines one = new TestEngines();
      one.maxStepTokens = 512;
      try (Engine engine = one.open()) {
        alone.add(engine.generate(request(1 + i * 9, i, 20)).ids());
      }
    }
    TestEngines small = new TestEngines();
    small.maxStepTokens = 11;
    small.numPages = 40;
    try (Engine engine = small.open()) {
      List<CompletableFuture<Completion>> all = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        all.add(engine.submit(request(1 + i * 9, i, 20)));
      }
      for (int i = 0; i < 24; i++) {
        Completion c = all.get(i).get(20, TimeUnit.SECONDS);
        assertArrayEquals(alone.get(i), c.ids(), "request " + i);
        assertEquals(FinishReason.LENGTH, c.finishReason());
        assertEquals(new Usage(1 + i * 9, 20), c.usage());
        assertTrue(c.timings().totalS() >= c.timings().firstTokenS());
      }
      assertEquals(0, engine.stats().usedPages());
      assertEquals(0, engine.stats().runningSequences());
      assertEquals(24 * 20, engine.stats().generatedTokens());
    }
  }

  @Test
  void windowsFreePagesAndChunkingChangesNothing() {
    for (WindowPolicy policy :
        List.of(
            WindowPolicy.model(),
            WindowPolicy.full(),
            WindowPolicy.fixed(20, 4),
            WindowPolicy.fixed(1, 0),
            WindowPolicy.dynamic(16, 48, 0.25, 2))) {
      Set<List<Integer>> results = new HashSet<>();
      for (int chunk : new int[] {8, 37, 512}) {
        TestEngines t = new TestEngines();
        t.layerWindows = new int[] {0, 24};
        t.maxStepTokens = chunk;
        try (Engine engine = t.open()) {
          GenerationRequest r = request(150, 3, 60);
          GenerationRequest windowed =
              GenerationRequest.builder()
                  .promptIds(r.promptIds())
                  .sampling(r.sampling())
                  .window(policy)
                  .build();
          results.add(Arrays.stream(engine.generate(windowed).ids()).boxed().toList());
        }
      }
      assertEquals(1, results.size(), policy.toString());
    }
  }

  @Test
  void aWindowNeedsNoMorePagesThanItShows() {
    TestEngines t = new TestEngines();
    t.numPages = 8;
    t.maxStepTokens = 16;
    t.maxSequences = 1;
    try (Engine engine = t.open()) {
      GenerationRequest r =
          GenerationRequest.builder()
              .promptIds(request(400, 1, 1).promptIds())
              .window(WindowPolicy.fixed(32, 4))
              .sampling(s -> s.maxTokens(50).ignoreEos(true))
              .build();
      assertEquals(50, engine.generate(r).ids().length);
    }
  }

  @Test
  void choicesShareThePromptAndDifferByTheirDraws() {
    TestEngines t = new TestEngines();
    t.numPages = 20;
    try (Engine engine = t.open()) {
      int[] prompt = request(100, 1, 1).promptIds();
      GenerationRequest.Builder b =
          GenerationRequest.builder()
              .promptIds(prompt)
              .sampling(s -> s.temperature(1).seed(5).maxTokens(30).ignoreEos(true));
      int[] single = engine.generate(b.build()).ids();
      Completion many = engine.generate(b.sampling(s -> s.n(4)).build());
      assertEquals(4, many.choices().size());
      assertArrayEquals(single, many.ids(), "the first choice does not depend on n");
      for (int i = 1; i < 4; i++) {
        assertEquals(i, many.choices().get(i).index());
        assertEquals(30, many.choices().get(i).ids().length);
        assertFalse(Arrays.equals(single, many.choices().get(i).ids()));
      }
      assertEquals(new Usage(100, 120), many.usage());
      assertEquals(many.choices(), engine.generate(b.build()).choices(), "same seed, same choices");
      assertEquals(0, engine.stats().usedPages());
    }
  }

  @Test
  void streamsAndPublishersGiveWhatACallGives() throws Exception {
    try (Engine engine = new TestEngines().open()) {
      ChatRequest chat =
          ChatRequest.builder()
              .user("hello")
              .sampling(s -> s.temperature(1).seed(9).maxTokens(60).logprobs(2))
              .build();
      Completion whole = engine.chat(chat);
      StringBuilder text = new StringBuilder();
      List<Integer> ids = new ArrayList<>();
      FinishReason reason = null;
      int numLogprobs = 0;
      try (TokenStream stream = engine.stream(chat)) {
        for (Chunk c : stream) {
          text.append(c.text());
          Arrays.stream(c.ids()).forEach(ids::add);
          numLogprobs += c.logprobs().size();
          assertNull(reason, "nothing comes after the last chunk");
          reason = c.finishReason();
        }
        assertEquals(whole.choices(), stream.completion().choices());
      }
      assertEquals(whole.text(), text.toString());
      assertArrayEquals(whole.ids(), ids.stream().mapToInt(i -> i).toArray());
      assertEquals(whole.finishReason(), reason);
      assertEquals(whole.logprobs().size(), numLogprobs);
      assertEquals(whole.ids().length, numLogprobs);

      StringBuilder called = new StringBuilder();
      Completion again = engine.submit(chat, c -> called.append(c.text())).get(10, TimeUnit.SECONDS);
      assertEquals(whole.choices(), again.choices());
      assertEquals(whole.text(), called.toString());
    }
  }

  @Test
  void answersAreTakenApart() {
    String said =
        "<think>\nhm, a call\n</think>\n\nOne moment.\n<tool_call>\n{\"name\": \"add\", "
            + "\"arguments\": {\"a\": 1}}\n</tool_call>";
    try (Engine engine = TestEngines.saying(said).open()) {
      Completion c = engine.chat(ChatRequest.of("add"));
      assertEquals("hm, a call", c.reasoning());
      assertEquals("One moment.", c.text());
      assertEquals(1, c.toolCalls().size());
      assertEquals("add", c.toolCalls().get(0).name());
      assertEquals(FinishReason.TOOL_CALLS, c.finishReason());
      int[] ids = c.ids();
      assertEquals(TestEngines.IM_END, ids[ids.length - 1], "the stop token is part of the ids");
      Message turn = Message.assistant(c.choices().get(0));
      assertEquals("hm, a call", turn.reasoning());
    }
    try (Engine engine = TestEngines.saying(said).open()) {
      Completion c = engine.generate(GenerationRequest.of("raw"));
      assertTrue(c.text().startsWith("<think>"), "bare prompts are not taken apart");
    }
  }

  @Test
  void stopStringsEndTheTextAndMinTokensDelaysThem() {
    try (Engine engine = TestEngines.saying("one two three two four").open()) {
      Completion c =
          engine.generate(
              GenerationRequest.builder().prompt("x").sampling(s -> s.stop("two")).build());
      assertEquals("one ", c.text());
      assertEquals(FinishReason.STOP, c.finishReason());
      assertEquals("two", c.choices().get(0).stop());
      assertEquals(7, c.ids().length);
    }
    try (Engine engine = TestEngines.saying("one two three two four").open()) {
      Completion c =
          engine.generate(
              GenerationRequest.builder()
                  .prompt("x")
                  .sampling(s -> s.stop("two").minTokens(9).includeStopString(true))
                  .build());
      assertEquals("one two three two", c.text());
    }
  }

  @Test
  void defaultsComeFromTheModelsFiles() {
    TestEngines t = new TestEngines();
    t.defaults = new GenerationDefaults(0.8, 0.9, 20, null, null, null, List.of(7));
    try (Engine engine = t.open()) {
      GenerationRequest.Builder b =
          GenerationRequest.builder().promptIds(1, 2, 3).sampling(s -> s.seed(1).maxTokens(40));
      int[] sampled = engine.generate(b.build()).ids();
      int[] greedy =
          engine.generate(b.sampling(s -> s.temperature(0)).build()).ids();
      assertNotEquals(Arrays.toString(sampled), Arrays.toString(greedy));
    }
    TestEngines stops = TestEngines.saying("abcd");
    stops.defaults = new GenerationDefaults(null, null, null, null, null, null, List.of((int) 'c'));
    try (Engine engine = stops.open()) {
      assertEquals("ab", engine.generate(GenerationRequest.of("x")).text());
    }
    TestEngines brief = TestEngines.saying("abcd");
    brief.defaults = new GenerationDefaults(0.0, null, null, null, null, 3, List.of());
    try (Engine engine = brief.open()) {
      assertEquals("abc", engine.generate(GenerationRequest.of("x")).text());
    }
  }

  @Test
  void generateUsesTheChatTemplateWhereThereIsOne() {
    try (Engine engine = TestEngines.saying("hi").open()) {
      assertEquals("hi", engine.generate("prompt"));
      assertEquals(
          "<|im_start|>user\nprompt<|im_end|>\n<|im_start|>assistant\n",
          engine.render(ChatRequest.of("prompt")));
    }
    TestEngines t = TestEngines.saying("hi");
    t.template = null;
    try (Engine engine = t.open()) {
      assertFalse(engine.hasChatTemplate());
      assertEquals("hi", engine.generate("prompt"));
    }
  }

  @Test
  void controlTokensOfUserTextAreOrdinaryTextOnRequest() {
    try (Engine engine = TestEngines.saying("ok").open()) {
      ChatRequest.Builder b = ChatRequest.builder().user("a<|im_end|>b");
      int[] parsed = engine.chat(b.build()).promptIds();
      int[] guarded = engine.chat(b.parseSpecialTokens(false).build()).promptIds();
      assertEquals(2, Arrays.stream(parsed).filter(id -> id == TestEngines.IM_END).count());
      assertEquals(1, Arrays.stream(guarded).filter(id -> id == TestEngines.IM_END).count());
      assertEquals(
          engine.tokenizer().decode(parsed, false), engine.tokenizer().decode(guarded, false));
    }
  }

  /** The best of some rounds counts: on a busy machine the thread is also put aside. */
  @Test
  void timeOutsideTheModelIsShort() {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      GenerationRequest sampled =
          GenerationRequest.builder()
              .promptIds(5)
              .sampling(s -> s.temperature(1).topP(0.9).maxTokens(100).ignoreEos(true))
              .build();
      for (int i = 0; i < 20; i++) {
        engine.generate(sampled);
      }
      t.model.stepMs = 3;
      double best = 1;
      for (int round = 0; round < 8 && best > 0.01; round++) {
        best = Math.min(best, engine.generate(sampled).timings().javaShare());
      }
      assertTrue(best < 0.03, "share of Java in a step: " + best);
    }
  }
}
