// SPDX-License-Identifier: Apache-2.0
// The training graph, the engine and an oracle in double compute the same model from an exported
// checkpoint: float32 within 1e-4 and the same greedy tokens on 50 prompts, bfloat16 within the limit
// of conformance, 1.5 times the error of a plain bfloat16 run plus 0.002.
package io.qwenjet.train.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.Completion;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.EngineOptions;
import io.qwenjet.engine.GenerationRequest;
import io.qwenjet.engine.TokenLogprob;
import io.qwenjet.engine.UnsupportedModelException;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import io.qwenjet.train.graph.QwenGraph;
import io.qwenjet.train.graph.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgreementTest {
  private static final double FLOAT32_LIMIT = 1e-4;
  private static final int NUM_PROMPTS = 50;
  private static final int NEW_TOKENS = 8;
  private static final SpecialTokens TOKENS = new SpecialTokens(0, List.of(1), 0, 256);

  /** A margin below which float32 may choose another token. */
  private static final double TIE = 1e-3;

  @TempDir private Path folder;

  @Test
  void denseGraphAgreesWithTheOracle() throws IOException {
    graphAgreesWithOracle(TinyModels.dense(true));
    graphAgreesWithOracle(TinyModels.dense(false));
  }

  @Test
  void sparseGraphAgreesWithTheOracle() throws IOException {
    graphAgreesWithOracle(TinyModels.moe(true));
    graphAgreesWithOracle(TinyModels.moe(false));
  }

  @Test
  void denseEngineAgreesWithTheGraph() throws IOException {
    engineAgreesWithGraph(TinyModels.dense(true));
    engineAgreesWithGraph(TinyModels.dense(false));
  }

  @Test
  void sparseEngineAgreesWithTheGraphOnceItRunsSparseModels() throws IOException {
    try {
      engineAgreesWithGraph(TinyModels.moe(true));
    } catch (UnsupportedModelException e) {
      assertTrue(e.getMessage().contains("qwen3_moe"), e.getMessage());
    }
  }

  private void graphAgreesWithOracle(ModelShape shape) throws IOException {
    try (Parameters parameters = exported(shape)) {
      int[] tokens = new Random(4).ints(21, 0, shape.vocabSize()).toArray();
      double[][] exact = new ReferenceDecoder(parameters, false).logits(tokens);
      double plain = error(exact, new ReferenceDecoder(parameters, true).logits(tokens));
      for (Precision precision : Precision.values()) {
        try (QwenGraph graph = new QwenGraph(parameters, precision)) {
          double error = error(exact, rows(graph.logits(TinyModels.prompt(tokens)), tokens.length));
          double limit = precision == Precision.FLOAT32 ? FLOAT32_LIMIT : 1.5 * plain + 0.002;
          assertTrue(error <= limit, precision + ": expected at most " + limit + ", got " + error);
        }
      }
    }
  }

  private void engineAgreesWithGraph(ModelShape shape) throws IOException {
    try (Parameters parameters = exported(shape)) {
      List<int[]> prompts = prompts(shape);
      double plain = plainError(parameters, prompts.get(0));
      compare(parameters, prompts, Precision.FLOAT32, Compute.FLOAT32, FLOAT32_LIMIT, true);
      double limit = 1.5 * plain + 0.002;
      compare(parameters, prompts, Precision.FLOAT32, Compute.BFLOAT16, limit, false);
      // Two bfloat16 runs may err in opposite directions.
      compare(parameters, prompts, Precision.AUTOCAST, Compute.BFLOAT16, 2 * limit, false);
    }
  }

  private void compare(
      Parameters parameters, List<int[]> prompts, Precision precision, Compute compute, double limit, boolean greedy) {
    try (QwenGraph graph = new QwenGraph(parameters, precision);
        Engine engine = Engine.open(folder, EngineOptions.defaults().compute(compute).threads(1))) {
      for (int[] prompt : prompts) {
        Completion completion =
            engine.generate(
                GenerationRequest.builder()
                    .promptIds(prompt)
                    .sampling(s -> s.temperature(0).maxTokens(NEW_TOKENS).ignoreEos(true).logprobs(-1))
                    .build());
        List<TokenLogprob> generated = completion.logprobs();
        assertEquals(NEW_TOKENS, generated.size());
        int[] tokens = new int[prompt.length + NEW_TOKENS - 1];
        System.arraycopy(prompt, 0, tokens, 0, prompt.length);
        for (int i = 0; i + 1 < NEW_TOKENS; i++) {
          tokens[prompt.length + i] = generated.get(i).id();
        }
        double[][] graphRows = rows(graph.logits(TinyModels.prompt(tokens)), tokens.length);
        double[][] expected = new double[NEW_TOKENS][];
        double[][] got = new double[NEW_TOKENS][];
        for (int i = 0; i < NEW_TOKENS; i++) {
          expected[i] = graphRows[prompt.length - 1 + i];
          got[i] = row(generated.get(i), expected[i].length);
          if (greedy) {
            assertGreedy(expected[i], generated.get(i).id());
          }
        }
        double error = error(expected, got);
        assertTrue(error <= limit, compute + ": expected at most " + limit + ", got " + error);
      }
    }
  }

  private static void assertGreedy(double[] logits, int token) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    if (best != token) {
      double margin = logits[best] - logits[token];
      assertTrue(margin < TIE, "expected token " + best + ", got " + token + " with a margin of " + margin);
    }
  }

  private Parameters exported(ModelShape shape) throws IOException {
    try (Parameters parameters = TinyModels.lively(shape, 8)) {
      CheckpointExporter.write(folder, parameters, TOKENS);
    }
    return CheckpointImporter.read(folder);
  }

  private static double plainError(Parameters parameters, int[] tokens) {
    double[][] exact = new ReferenceDecoder(parameters, false).logits(tokens);
    return error(exact, new ReferenceDecoder(parameters, true).logits(tokens));
  }

  private static List<int[]> prompts(ModelShape shape) {
    Random random = new Random(12);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < NUM_PROMPTS; i++) {
      prompts.add(random.ints(i == 0 ? 30 : 1 + random.nextInt(20), 0, shape.vocabSize()).toArray());
    }
    return prompts;
  }

  private static double[] row(TokenLogprob token, int vocab) {
    double[] row = new double[vocab];
    assertEquals(vocab, token.top().size());
    token.top().forEach(alternative -> row[alternative.id()] = alternative.logprob());
    return row;
  }

  private static double[][] rows(float[] flat, int count) {
    int width = flat.length / count;
    double[][] rows = new double[count][width];
    for (int i = 0; i < flat.length; i++) {
      rows[i / width][i % width] = flat[i];
    }
    return rows;
  }

  /** |got - expected| / |expected| of logits without their mean, so that log-probabilities compare. */
  private static double error(double[][] expected, double[][] got) {
    double difference = 0;
    double norm = 0;
    for (int t = 0; t < expected.length; t++) {
      double expectedMean = mean(expected[t]);
      double gotMean = mean(got[t]);
      for (int i = 0; i < expected[t].length; i++) {
        double e = expected[t][i] - expectedMean;
        double d = got[t][i] - gotMean - e;
        difference += d * d;
        norm += e * e;
      }
    }
    return Math.sqrt(difference / norm);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
