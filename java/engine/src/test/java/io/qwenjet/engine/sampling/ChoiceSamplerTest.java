// SPDX-License-Identifier: Apache-2.0
// The sampler against its oracle on random rows and parameters, ties included, and the cases where
// candidates alone do not decide.
package io.qwenjet.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.TokenLogprob;
import io.qwenjet.engine.WindowPolicy;
import io.qwenjet.engine.runtime.FakeModel;
import io.qwenjet.engine.runtime.LayerWindows;
import io.qwenjet.engine.runtime.ModelConfig;
import io.qwenjet.engine.runtime.StepBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ChoiceSamplerTest {
  /** Closer than this to a border, float and double may choose differently; such draws are few. */
  private static final double BORDER = 1e-5;

  private final SplittableRandom random = new SplittableRandom(7);

  @Test
  void tokensEqualThoseOfTheOracle() {
    int compared = 0;
    int skipped = 0;
    int fetches = 0;
    for (int round = 0; round < 300; round++) {
      int vocab = round % 3 == 0 ? 40 : round % 3 == 1 ? 500 : 1500;
      Case c = new Case(vocab);
      SamplingPlan plan = c.randomParameters(round);
      int[] prompt = random.ints(5, 0, vocab).toArray();
      ChoiceSampler sampler = new ChoiceSampler(plan, 0, prompt, c.rows);
      List<Integer> output = new ArrayList<>();
      for (int step = 0; step < 8; step++) {
        c.randomRow(round % 5);
        double u = Philox.uniform(plan.seed, 0, step);
        int expected = c.oracle.sample(c.row, prompt, output, u);
        int token = c.sample(sampler);
        if (c.oracle.margin > BORDER) {
          assertEquals(expected, token, "round " + round + ", step " + step);
          compared++;
        } else {
          skipped++;
          if (token != expected) {
            break;
          }
        }
        output.add(token);
      }
      fetches += c.model.numRowFetches;
    }
    assertTrue(compared > 2000, compared + " compared");
    assertTrue(skipped < compared / 10, skipped + " skipped");
    assertTrue(fetches > 25, fetches + " whole rows");
  }

  @Test
  void greedyTakesTheLowestIdOfATie() {
    Case c = new Case(50);
    Arrays.fill(c.row, 1f);
    c.row[31] = 5f;
    c.row[17] = 5f;
    assertEquals(17, c.sample(new ChoiceSampler(c.plan(b -> {}), 0, new int[] {1}, c.rows)));
  }

  @Test
  void tiesAtTopKAreAllKept() {
    Case c = new Case(2000);
    Arrays.fill(c.row, 0f);
    Set<Integer> tokens = new HashSet<>();
    for (int seed = 0; seed < 300; seed++) {
      long s = seed;
      SamplingPlan plan =
          c.plan(
              b -> {
                b.temperature = 1;
                b.topK = 2;
                b.seed = s;
              });
      tokens.add(c.sample(new ChoiceSampler(plan, 0, new int[] {1}, c.rows)));
    }
    assertTrue(tokens.size() > 200, "only " + tokens.size() + " different tokens in 300 draws over 2000 ties");
  }

  @Test
  void drawsFollowTheDistribution() {
    Case c = new Case(4);
    c.row = new float[] {0f, (float) Math.log(2), (float) Math.log(3), (float) Math.log(4)};
    int[] counts = new int[4];
    int draws = 20_000;
    for (int i = 0; i < draws; i++) {
      long seed = i;
      SamplingPlan plan =
          c.plan(
              b -> {
                b.temperature = 1;
                b.seed = seed;
              });
      counts[c.sample(new ChoiceSampler(plan, 0, new int[] {1}, c.rows))]++;
    }
    for (int t = 0; t < 4; t++) {
      double p = (t + 1) / 10.0;
      double deviation = 5 * Math.sqrt(p * (1 - p) / draws);
      assertEquals(p, counts[t] / (double) draws, deviation, "token " + t);
    }
  }

  @Test
  void logprobsComeFromTheRawRow() {
    for (int alternatives : new int[] {0, 3, 20, 30, 500}) {
      Case c = new Case(500);
      c.randomRow(0);
      SamplingPlan plan =
          c.plan(
              b -> {
                b.temperature = 2;
                b.logprobs = alternatives;
                b.logitBias = Map.of(3, 100.0);
              });
      ChoiceSampler sampler = new ChoiceSampler(plan, 0, new int[] {1}, c.rows);
      int token = c.sample(sampler);
      assertEquals(3, token, "the bias decides");
      TokenLogprob logprob = sampler.logprob();
      double sum = 0;
      int greater = 0;
      for (float l : c.row) {
        sum += Math.exp(l);
        greater += l > c.row[3] ? 1 : 0;
      }
      assertEquals(c.row[3] - Math.log(sum), logprob.logprob(), 1e-5);
      assertEquals(1 + greater, logprob.rank());
      assertEquals(alternatives, logprob.top().size());
      for (int i = 1; i < alternatives; i++) {
        TokenLogprob.Alternative better = logprob.top().get(i - 1);
        TokenLogprob.Alternative worse = logprob.top().get(i);
        assertTrue(
            better.logprob() > worse.logprob()
                || better.logprob() == worse.logprob() && better.id() < worse.id());
      }
    }
  }

  @Test
  void rowsWithoutUsableLogitsFailTheRequest() {
    Case c = new Case(50);
    Arrays.fill(c.row, 1f);
    c.row[20] = Float.NaN;
    assertThrows(
        InferenceException.class,
        () -> c.sample(new ChoiceSampler(c.plan(b -> {}), 0, new int[] {1}, c.rows)));
    Arrays.fill(c.row, Float.NEGATIVE_INFINITY);
    assertThrows(
        InferenceException.class,
        () -> c.sample(new ChoiceSampler(c.plan(b -> {}), 0, new int[] {1}, c.rows)));
    Arrays.fill(c.row, 1f);
    SamplingPlan nothing =
        c.plan(
            b -> {
              b.allowedMask = new int[] {1 << 4, 0};
              b.badWords = new int[][] {{4}};
            });
    assertThrows(
        InvalidRequestException.class,
        () -> c.sample(new ChoiceSampler(nothing, 0, new int[] {1}, c.rows)));
  }

  /** One row of logits that a step gives back, whatever goes in. */
  private final class Case {
    final int vocab;
    final FakeModel model;
    final StepBatch batch;
    final LayerWindows windows;
    final WholeRows rows;
    final ReferenceSampler oracle = new ReferenceSampler();
    float[] row;

    Case(int vocab) {
      this.vocab = vocab;
      row = new float[vocab];
      ModelConfig config = FakeModel.config(vocab, 64, 0);
      model = new FakeModel(config, 16, 1, seen -> row);
      batch = new StepBatch(config, 4, 1, 1);
      windows = new LayerWindows(WindowPolicy.full(), config);
      rows = new WholeRows(model, vocab);
    }

    SamplingPlan plan(Consumer<SamplingPlan.Builder> edit) {
      var b = new SamplingPlan.Builder();
      b.vocabSize = vocab;
      b.maxTokens = 100;
      edit.accept(b);
      return b.build();
    }

    int sample(ChoiceSampler sampler) {
      batch.clear();
      batch.addSequence(new int[] {1}, 0, 1, 1, 8, windows, new int[] {0}, 1);
      int index = sampler.addRow(batch, 0);
      model.step(batch);
      return sampler.sample(batch, index);
    }

    void randomRow(int kind) {
      for (int i = 0; i < vocab; i++) {
        double g = random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5;
        row[i] =
            switch (kind) {
              case 0 -> (float) (8 * g);
              case 1 -> Math.round(20 * g) / 4f;
              case 2 -> (float) g;
              case 3 -> Math.round(3 * g);
              default -> (float) (40 * g);
            };
      }
    }

    SamplingPlan randomParameters(int round) {
      ReferenceSampler o = oracle;
      o.temperature = pick(0, 0.005, 0.3, 0.8, 1, 1.7);
      o.topP = pick(1, 1, 0.9, 0.5, 0.999);
      o.topK = (int) pick(0, 0, 1, 5, 50, 1015, 1200);
      o.minP = pick(0, 0, 0.05, 0.5, 1e-6);
      o.repetition = pick(1, 1, 1.3, 0.8);
      o.presence = pick(0, 0, 0.5, -1);
      o.frequency = pick(0, 0, 0.25, -0.5);
      if (random.nextInt(3) == 0) {
        Map<Integer, Double> bias = new HashMap<>();
        random.ints(4, 0, vocab).forEach(t -> bias.put(t, random.nextInt(-64, 64) / 16.0));
        o.bias = bias;
      }
      if (random.nextInt(4) == 0) {
        o.allowed = new TreeSet<>();
        random.ints(vocab / 3, 0, vocab).forEach(o.allowed::add);
      }
      if (random.nextInt(3) == 0) {
        o.badWords = new int[][] {{random.nextInt(vocab)}, {1, 2}, {3, 4, 5}};
      }
      if (random.nextInt(3) == 0) {
        o.heldBack = Set.of(0, 1, 2);
        o.minTokens = 4;
      }
      return plan(
          b -> {
            b.temperature = o.temperature;
            b.topP = o.topP;
            b.topK = o.topK;
            b.minP = o.minP;
            b.repetitionPenalty = o.repetition;
            b.presencePenalty = o.presence;
            b.frequencyPenalty = o.frequency;
            b.logitBias = o.bias;
            b.badWords = o.badWords;
            b.heldBackIds = o.heldBack.stream().sorted().mapToInt(t -> t).toArray();
            b.minTokens = o.minTokens;
            b.seed = round;
            if (o.allowed != null) {
              b.allowedMask = new int[(vocab + 31) / 32];
              o.allowed.forEach(t -> b.allowedMask[t / 32] |= 1 << (t % 32));
            }
          });
    }

    private double pick(double... values) {
      return values[random.nextInt(values.length)];
    }
  }
}
