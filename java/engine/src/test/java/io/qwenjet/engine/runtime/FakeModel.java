// SPDX-License-Identifier: Apache-2.0
// A model for tests whose "KV cache" holds token ids, and whose logits are a hash of the tokens that
// a query sees through its block table and windows. A page that is freed too early, shared wrongly
// or written twice changes the logits or stops the step.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.NativeException;
import io.qwenjet.bindings.StatusCode;
import io.qwenjet.bindings.StepBuffers;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Computes steps in plain Java, with the contract of the native library. */
public final class FakeModel implements StepRunner {
  private final ModelConfig config;
  private final int pageSize;
  private final int[][] pages;
  private final Function<long[], float[]> logits;
  private float[][] rawRows = new float[0][];
  private float[][] processedRows = new float[0][];

  /** Milliseconds that a step takes. */
  public volatile int stepMs;

  /** Thrown by the next step, once. */
  public volatile RuntimeException nextFailure;

  /** Rows that were fetched whole. */
  public int numRowFetches;

  /** Steps that were run. */
  public volatile int numSteps;

  private volatile boolean cancelled;
  private volatile boolean closed;

  /**
   * Makes a model.
   *
   * @param logits from (hash of what is visible) to a row; null for random rows
   */
  public FakeModel(
      ModelConfig config, int pageSize, int numPages, Function<long[], float[]> logits) {
    this.config = config;
    this.pageSize = pageSize;
    this.pages = new int[numPages][pageSize];
    this.logits = logits != null ? logits : seen -> randomRow(seen, config.vocabSize());
  }

  /** A configuration with one layer a window; 0 for a layer of full attention. */
  public static ModelConfig config(int vocabSize, int contextLength, int... windows) {
    StringBuilder layers = new StringBuilder();
    for (int w : windows) {
      layers.append(layers.length() == 0 ? "" : ",").append(w == 0 ? Integer.MAX_VALUE : w);
    }
    return new ModelConfig(
        "{\"architecture\":\"fake\",\"hidden_size\":8,\"eos_token_id\":2,\"vocab_size\":"
            + vocabSize
            + ",\"num_hidden_layers\":"
            + windows.length
            + ",\"max_position_embeddings\":"
            + contextLength
            + ",\"layer_windows\":["
            + layers
            + "]}");
  }

  /** Random logits, some of them tied, from what a query sees. */
  public static float[] randomRow(long[] seen, int vocabSize) {
    SplittableRandom random = new SplittableRandom(Arrays.hashCode(seen));
    float[] row = new float[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      row[i] = Math.round(random.nextDouble() * 160) / 16f - 4;
    }
    return row;
  }

  /** What the public sees of a native call that ends with this code. */
  public static RuntimeException nativeFailure(StatusCode code, String message) {
    return NativeStatus.toPublic(new NativeException(code, message));
  }

  /** Says whether close was called. */
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void step(StepBatch batch) {
    batch.seal();
    numSteps++;
    pause();
    RuntimeException failure = nextFailure;
    if (failure != null) {
      nextFailure = null;
      throw failure;
    }
    StepBuffers b = batch.buffers();
    store(batch, b);
    rawRows = new float[batch.numRows()][];
    processedRows = new float[batch.numRows()][];
    for (int row = 0; row < batch.numRows(); row++) {
      computeRow(batch, b, row);
    }
  }

  private void pause() {
    long end = System.nanoTime() + stepMs * 1_000_000L;
    while (System.nanoTime() < end && !cancelled) {
      Thread.onSpinWait();
    }
    if (cancelled) {
      throw new io.qwenjet.engine.CancelledException("the step was cancelled");
    }
  }

  private void store(StepBatch batch, StepBuffers b) {
    for (int s = 0; s < batch.numSequences(); s++) {
      int count = b.queryStart().get(s + 1) - b.queryStart().get(s);
      int position = b.kvLen().get(s) - count;
      for (int t = b.queryStart().get(s); t < b.queryStart().get(s + 1); t++, position++) {
        pages[page(b, s, position)][position % pageSize] = b.tokenIds().get(t);
      }
    }
  }

  private int page(StepBuffers b, int sequence, int position) {
    int at = b.blockTableStart().get(sequence) + position / pageSize;
    if (at >= b.blockTableStart().get(sequence + 1)) {
      throw new IllegalStateException("no page for position " + position);
    }
    int page = b.blockTables().get(at);
    if (page < 0) {
      throw new IllegalStateException("position " + position + " is seen but its page is free");
    }
    return page;
  }

  private void computeRow(StepBatch batch, StepBuffers b, int row) {
    StepBatch.RowRequest request = batch.rows[row];
    int s = 0;
    while (b.queryStart().get(s + 1) <= request.tokenIndex) {
      s++;
    }
    int last = b.kvLen().get(s) - (b.queryStart().get(s + 1) - request.tokenIndex);
    int groups = config.numWindowGroups();
    long[] seen = new long[groups];
    for (int g = 0; g < groups; g++) {
      int window = b.windowLen().get(g * batch.numTokens() + request.tokenIndex);
      int sinks = b.sinkLen().get(g * batch.numSequences() + s);
      for (int j = 0; j <= last; j++) {
        if (j < sinks || last - j < window) {
          seen[g] = seen[g] * 31 + 17L * j + pages[page(b, s, j)][j % pageSize];
        }
      }
    }
    float[] raw = logits.apply(seen).clone();
    if (batch.numValidTokens > 0) {
      Arrays.fill(raw, batch.numValidTokens, raw.length, Float.NEGATIVE_INFINITY);
    }
    float[] processed = process(batch, request, raw);
    rawRows[row] = raw;
    processedRows[row] = processed;
    b.lseRaw().put(row, lse(raw));
    b.lseProcessed().put(row, lse(processed));
    int[] order = sorted(processed);
    int count = Math.min(order.length, request.numCandidates);
    b.numCandidates().put(row, count);
    for (int i = 0; i < count; i++) {
      int at = row * StepBatch.MAX_CANDIDATES + i;
      b.candidateIds().put(at, order[i]);
      b.candidateRaw().put(at, raw[order[i]]);
      b.candidateProcessed().put(at, processed[order[i]]);
    }
    int[] rawOrder = sorted(raw);
    for (int i = 0; i < Math.min(request.numRawTop, rawOrder.length); i++) {
      b.rawTopIds().put(row * StepBatch.MAX_RAW_TOP + i, rawOrder[i]);
      b.rawTopLogits().put(row * StepBatch.MAX_RAW_TOP + i, raw[rawOrder[i]]);
    }
  }

  private static float[] process(StepBatch batch, StepBatch.RowRequest request, float[] raw) {
    float[] row = raw.clone();
    for (int i = request.changesBegin; i < request.changesEnd; i++) {
      int token = batch.changeTokens[i];
      float l = row[token] + batch.changeValues[3 * i];
      float repetition = batch.changeValues[3 * i + 1];
      l = l > 0 ? l / repetition : l * repetition;
      row[token] = l - batch.changeValues[3 * i + 2];
    }
    for (int id = 0; id < row.length; id++) {
      boolean allowed =
          request.maskBegin < 0
              || (batch.maskWords[request.maskBegin + id / 32] >>> (id % 32) & 1) == 1;
      row[id] = allowed ? row[id] / request.temperature : Float.NEGATIVE_INFINITY;
    }
    return row;
  }

  private static int[] sorted(float[] row) {
    Integer[] ids = new Integer[row.length];
    Arrays.setAll(ids, i -> i);
    Arrays.sort(ids, (a, c) -> row[a] != row[c] ? Float.compare(row[c], row[a]) : a - c);
    return Arrays.stream(ids)
        .mapToInt(Integer::intValue)
        .filter(id -> row[id] != Float.NEGATIVE_INFINITY)
        .toArray();
  }

  private static float lse(float[] row) {
    double max = Double.NEGATIVE_INFINITY;
    for (float l : row) {
      max = Math.max(max, l);
    }
    double sum = 0;
    for (float l : row) {
      sum += l == Float.NEGATIVE_INFINITY ? 0 : Math.exp(l - max);
    }
    return (float) (max + Math.log(sum));
  }

  @Override
  public void row(int row, boolean processed, float[] to) {
    numRowFetches++;
    float[] from = processed ? processedRows[row] : rawRows[row];
    System.arraycopy(from, 0, to, 0, from.length);
  }

  @Override
  public void copyPage(int fromPage, int toPage) {
    pages[toPage] = pages[fromPage].clone();
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  @Override
  public void close() {
    closed = true;
  }
}
