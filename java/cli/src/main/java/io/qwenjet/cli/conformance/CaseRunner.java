// SPDX-License-Identifier: Apache-2.0
// Runs a case: each prompt in chunks through the KV cache, then a greedy continuation token by token.
// The pages of a sequence are handed out from the last to the first, so that an order of pages that
// is not that of positions is always part of the test.
package io.qwenjet.cli.conformance;

import io.qwenjet.cli.conformance.Rules.Agreement;
import io.qwenjet.cli.conformance.RunResult.Status;
import io.qwenjet.cli.steps.SequenceRun;
import io.qwenjet.cli.steps.StepModel;
import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.KvCache;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.UnsupportedModelException;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.RuntimeOptions;
import io.qwenjet.engine.runtime.StepBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Runs cases with one setting. */
public final class CaseRunner {
  private final Settings settings;

  /**
   * How cases are run.
   *
   * @param kvCache what the KV cache holds
   * @param activations of products with quantised weights
   * @param isa instruction-set path
   * @param threads compute threads
   * @param pageSize tokens of a KV page
   * @param chunk prompt tokens of a step
   */
  public record Settings(
      KvCache kvCache, Activations activations, Isa isa, int threads, int pageSize, int chunk) {}

  /** A runner. */
  public CaseRunner(Settings settings) {
    this.settings = settings;
  }

  /** Runs a case in one number type; what goes wrong is a failed row. */
  public void run(ConformanceCase golden, Compute compute, Consumer<RunResult> results) {
    try (StepModel model = StepModel.open(ModelLocation.of(golden.model()), sizes(golden, compute), null)) {
      StepBatch batch = model.runtime().newBatch();
      for (GoldenRun run : golden.runs()) {
        results.accept(runOne(golden, run, model.runtime(), batch));
      }
    } catch (UnsupportedModelException e) {
      results.accept(RunResult.unsupported(golden, compute, e.getMessage()));
    } catch (InferenceException | IllegalArgumentException e) {
      results.accept(RunResult.failed(golden.name(), compute, "-", e.getMessage()));
    }
  }

  private RuntimeOptions sizes(ConformanceCase golden, Compute compute) {
    int rows = golden.runs().stream().mapToInt(GoldenRun::numRows).max().orElse(1);
    return new RuntimeOptions(
        compute,
        settings.kvCache(),
        settings.isa(),
        settings.threads(),
        settings.pageSize(),
        StepModel.pagesFor(golden.longest(), settings.pageSize()),
        settings.chunk(),
        1,
        Math.min(rows, settings.chunk()),
        settings.activations());
  }

  private RunResult runOne(
      ConformanceCase golden, GoldenRun run, ModelRuntime model, StepBatch batch) {
    Compute compute = model.options().compute();
    int vocabSize = model.config().vocabSize();
    if (!run.kind().equals("text")) {
      return RunResult.failed(
          golden.name(), compute, run.name(), "expected a run of kind text, got " + run.kind());
    }
    if (run.logits().length != run.numRows() * vocabSize) {
      return RunResult.failed(
          golden.name(),
          compute,
          run.name(),
          "expected logits of the model's "
              + vocabSize
              + " tokens, got "
              + run.logits().length / run.numRows());
    }
    Computed computed = compute(run, model, batch);
    double relErr = Rules.relativeError(computed.logits, run.logits());
    double hiddenErr =
        run.hidden() == null ? Double.NaN : Rules.relativeError(computed.hidden, run.hidden());
    double limit = Rules.limit(compute, settings.activations(), run);
    Agreement tokens =
        Rules.agreement(computed.generated, run, Rules.marginLimit(compute, run, relErr));
    return new RunResult(
        golden.name(),
        compute,
        run.name(),
        relErr,
        limit,
        hiddenErr,
        tokens.equal(),
        tokens.total(),
        RowAgreement.of(computed.logits, run.logits(), vocabSize),
        status(compute, relErr, hiddenErr, limit, tokens),
        message(run, tokens));
  }

  /** The final-norm output has no bfloat16 reference: it is judged in float32 alone. */
  private static Status status(
      Compute compute, double relErr, double hiddenErr, double limit, Agreement tokens) {
    if (Double.isNaN(limit)) {
      return Status.REPORTED;
    }
    boolean isHiddenClose =
        compute != Compute.FLOAT32 || Double.isNaN(hiddenErr) || hiddenErr <= limit;
    return relErr <= limit && isHiddenClose && tokens.isAccepted()
        ? Status.PASSED
        : Status.FAILED;
  }

  private static String message(GoldenRun run, Agreement tokens) {
    return tokens.equal() == tokens.total()
        ? ""
        : "differs where the margin is " + run.margin()[tokens.equal()];
  }

  private static final class Computed {
    float[] logits;
    float[] hidden;
    int[] generated;
  }

  private Computed compute(GoldenRun run, ModelRuntime model, StepBatch batch) {
    int[] prompt = run.promptIds();
    int[] pages = descendingPages((int) model.options().numPages());
    SequenceRun sequence =
        new SequenceRun(model, pages, prompt.length + run.generated().length);
    int vocabSize = model.config().vocabSize();
    int hiddenSize = model.config().hiddenSize();
    List<float[]> rows = new ArrayList<>();
    Computed computed = new Computed();
    computed.hidden = run.hidden() == null ? null : new float[prompt.length * hiddenSize];
    int next = -1;
    for (int at = 0; at < prompt.length; at += settings.chunk()) {
      int count = Math.min(settings.chunk(), prompt.length - at);
      batch.clear();
      int first = sequence.addTo(batch, prompt, at, count);
      int firstRow = Math.max(at, prompt.length - run.numRows());
      for (int position = firstRow; position < at + count; position++) {
        batch.addRow(first + position - at, 1, 1, 0);
      }
      model.step(batch);
      for (int row = 0; row < batch.numRows(); row++) {
        float[] logits = new float[vocabSize];
        model.row(row, false, logits);
        rows.add(logits);
        next = batch.candidateId(row, 0);
      }
      copyHidden(model, computed.hidden, at, count, hiddenSize);
    }
    computed.logits = joined(rows, vocabSize);
    computed.generated = decode(run.generated().length, next, sequence, model, batch);
    return computed;
  }

  private static int[] decode(
      int count, int first, SequenceRun sequence, ModelRuntime model, StepBatch batch) {
    int[] generated = new int[count];
    int next = first;
    for (int i = 0; i < count; i++) {
      generated[i] = next;
      if (i + 1 < count) {
        batch.clear();
        int token = sequence.addTo(batch, generated, i, 1);
        batch.addRow(token, 1, 1, 0);
        model.step(batch);
        next = batch.candidateId(0, 0);
      }
    }
    return generated;
  }

  private static void copyHidden(
      ModelRuntime model, float[] all, int from, int count, int hiddenSize) {
    if (all == null) {
      return;
    }
    float[] one = new float[hiddenSize];
    for (int i = 0; i < count; i++) {
      model.hidden(i, one);
      System.arraycopy(one, 0, all, (from + i) * hiddenSize, hiddenSize);
    }
  }

  private static float[] joined(List<float[]> rows, int width) {
    float[] all = new float[rows.size() * width];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * width, width);
    }
    return all;
  }

  private static int[] descendingPages(int count) {
    int[] pages = new int[count];
    Arrays.setAll(pages, i -> count - 1 - i);
    return pages;
  }
}
