// SPDX-License-Identifier: Apache-2.0
// Times prompts and continuations on a model that is driven step by step, greedy as a request without
// sampling values is. A depth is filled once by computing it, and every sample rewinds to it.
package io.qwenjet.cli.bench;

import io.qwenjet.cli.steps.SequenceRun;
import io.qwenjet.cli.steps.StepModel;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.RuntimeOptions;
import io.qwenjet.engine.runtime.StepBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Measures one loaded model. */
public final class SpeedBench {
  private final ModelRuntime model;
  private final Plan plan;
  private final Work work;
  private final StepBatch batch;
  private final int[] ids;
  private final List<SequenceRun> sequences = new ArrayList<>();
  private long nativeNs;

  /**
   * What is measured.
   *
   * @param prompts lengths of prompts; empty for no prefill
   * @param generate tokens of a continuation; 0 for no decode
   * @param depths tokens in the cache before
   * @param batches sequences that decode at once
   * @param repeat samples
   * @param chunk prompt tokens of a step
   */
  public record Plan(
      List<Integer> prompts,
      int generate,
      List<Integer> depths,
      List<Integer> batches,
      int repeat,
      int chunk) {
    /** Tokens of the longest sequence. */
    public int longest() {
      int prompt = prompts.isEmpty() ? 0 : Collections.max(prompts);
      return Math.max(1, Collections.max(depths) + Math.max(prompt, generate));
    }

    /** Sequences at once. */
    public int maxBatch() {
      return generate > 0 ? Collections.max(batches) : 1;
    }

    /** Tokens of the largest step. */
    public int maxStepTokens() {
      return Math.max(maxBatch(), Math.min(chunk, longest()));
    }

    /** Pages that all sequences need. */
    public long numPages(int pageSize) {
      return (long) maxBatch() * StepModel.pagesFor(longest(), pageSize);
    }
  }

  /** Hears of rows as they come. */
  public interface Listener {
    /** Takes a row. */
    void measured(BenchRow row);
  }

  /** A bench of a model that was opened for the plan's sizes. */
  public SpeedBench(ModelRuntime model, Plan plan, Work work) {
    this.model = model;
    this.plan = plan;
    this.work = work;
    this.batch = model.newBatch();
    RuntimeOptions options = model.options();
    int each = StepModel.pagesFor(plan.longest(), options.pageSize());
    for (int s = 0; s < plan.maxBatch(); s++) {
      int[] pages = IntStream.range(s * each, (s + 1) * each).toArray();
      sequences.add(new SequenceRun(model, pages, plan.longest()));
    }
    ids = new Random(1).ints(plan.longest(), 0, model.config().vocabSize()).toArray();
  }

  /** Measures everything. */
  public void run(Listener listener) {
    for (int depth : plan.depths()) {
      fill(depth);
      for (int prompt : plan.prompts()) {
        listener.measured(prefill(prompt, depth));
      }
      if (plan.generate() > 0) {
        // The prompts have written behind the depth only.
        copyToAll(depth);
        for (int size : plan.batches()) {
          listener.measured(decode(size, depth));
        }
      }
    }
  }

  private void fill(int depth) {
    SequenceRun first = sequences.get(0);
    first.rewind(0);
    feed(first, depth, false);
  }

  private void copyToAll(int depth) {
    int pages = StepModel.pagesFor(depth, model.options().pageSize());
    for (SequenceRun to : sequences.subList(1, sequences.size())) {
      for (int i = 0; i < pages; i++) {
        model.copyPage(sequences.get(0).page(i), to.page(i));
      }
    }
  }

  private BenchRow prefill(int tokens, int depth) {
    SequenceRun sequence = sequences.get(0);
    Runnable sample =
        () -> {
          sequence.rewind(depth);
          feed(sequence, tokens, true);
        };
    double bytes = 0;
    for (int at = 0; at < tokens; at += plan.chunk()) {
      int count = Math.min(plan.chunk(), tokens - at);
      bytes += work.stepBytes(depth + at + count, at + count == tokens);
    }
    double keysSeen = tokens * (double) depth + 0.5 * tokens * (tokens + 1.0);
    return measured("prefill", tokens, depth, 1, sample, bytes, work.flop(tokens, keysSeen, 1));
  }

  private BenchRow decode(int size, int depth) {
    int tokens = plan.generate();
    Runnable sample =
        () -> {
          sequences.subList(0, size).forEach(s -> s.rewind(depth));
          generate(size, tokens);
        };
    double keysSeen = size * (tokens * (double) depth + 0.5 * tokens * (tokens + 1.0));
    double bytes = tokens * work.stepBytes(keysSeen / tokens, true);
    long all = (long) tokens * size;
    return measured(
        "decode", tokens, depth, size, sample, bytes, work.flop(all, keysSeen, all));
  }

  private BenchRow measured(
      String kind,
      int tokens,
      int depth,
      int size,
      Runnable sample,
      double bytes,
      double flop) {
    // The first touches pages and lets the JVM compile: it is not counted.
    sample.run();
    double[] seconds = new double[plan.repeat()];
    double[] nativeSeconds = new double[plan.repeat()];
    for (int i = 0; i < plan.repeat(); i++) {
      nativeNs = 0;
      long startNs = System.nanoTime();
      sample.run();
      seconds[i] = (System.nanoTime() - startNs) * 1e-9;
      nativeSeconds[i] = nativeNs * 1e-9;
    }
    return new BenchRow(kind, tokens, depth, size, seconds, nativeSeconds, bytes, flop);
  }

  private int feed(SequenceRun sequence, int tokens, boolean withLogits) {
    for (int at = 0; at < tokens; at += plan.chunk()) {
      int count = Math.min(plan.chunk(), tokens - at);
      batch.clear();
      int first = sequence.addTo(batch, ids, at, count);
      boolean isLast = at + count == tokens;
      if (withLogits && isLast) {
        batch.addRow(first + count - 1, 1, 1, 0);
      }
      step();
    }
    return withLogits ? batch.candidateId(0, 0) : -1;
  }

  private void generate(int size, int tokens) {
    int[] next = new int[size];
    System.arraycopy(ids, 0, next, 0, Math.min(size, ids.length));
    for (int i = 0; i < tokens; i++) {
      batch.clear();
      for (int s = 0; s < size; s++) {
        batch.addRow(sequences.get(s).addTo(batch, next, s, 1), 1, 1, 0);
      }
      step();
      for (int s = 0; s < size; s++) {
        next[s] = batch.candidateId(s, 0);
      }
    }
  }

  private void step() {
    batch.seal();
    long startNs = System.nanoTime();
    model.step(batch);
    nativeNs += System.nanoTime() - startNs;
  }
}
