// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import io.qwenjet.bindings.capi.qj_logit_change;
import io.qwenjet.bindings.capi.qj_logit_row;
import io.qwenjet.bindings.capi.qj_step;
import io.qwenjet.bindings.capi.qj_step_result;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The arrays of a step and of its results, allocated once and used again by every step. Their
 * meaning and their layouts are those of {@code qj_step} and {@code qj_step_result} in {@code
 * cpp/api/qwenjet.h}.
 *
 * <p>Filled with absolute puts ({@code tokenIds().put(i, id)}) between {@link #begin} and {@link
 * NativeModel#step}. Buffers that {@link #begin} had to enlarge are new ones: ask for them after it.
 * For one thread.
 */
public final class StepBuffers {
  /** Most candidates a row may ask for; the width of a row of candidate results. */
  public static final int MAX_CANDIDATES = QwenjetC.QJ_MAX_CANDIDATES;

  /** Most raw top logits a row may ask for; the width of a row of raw top results. */
  public static final int MAX_RAW_TOP = QwenjetC.QJ_MAX_RAW_TOP;

  /** A window length that reaches every earlier token. */
  public static final int WINDOW_FULL = QwenjetC.QJ_WINDOW_FULL;

  private final qj_step step;
  private final qj_step_result result;
  private final RowLayout rowLayout;
  private final ChangeLayout changeLayout;

  private final IntBuffer tokenIds;
  private final IntBuffer queryStart;
  private final IntBuffer kvLen;
  private final IntBuffer blockTableStart;
  private final IntBuffer ropeLen;
  private final IntBuffer layerGroup;
  private final IntBuffer windowLen;
  private final IntBuffer sinkLen;
  private final ByteBuffer rows;
  private IntBuffer blockTables;
  private ByteBuffer changes;
  private IntBuffer probes;
  private IntBuffer masks;

  private final FloatBuffer lseRaw;
  private final FloatBuffer lseProcessed;
  private final IntBuffer numCandidates;
  private final IntBuffer candidateIds;
  private final FloatBuffer candidateRaw;
  private final FloatBuffer candidateProcessed;
  private final IntBuffer rawTopIds;
  private final FloatBuffer rawTopLogits;
  private FloatBuffer probeLogits;
  private IntBuffer probeRanks;

  /**
   * Buffers for steps of at most these sizes.
   *
   * @param maxTokens tokens of a step
   * @param maxSequences sequences of a step
   * @param maxRows rows of logits of a step
   * @param maxWindowGroups groups of layers that share a window policy
   * @param numLayers layers of the model
   */
  public StepBuffers(
      int maxTokens, int maxSequences, int maxRows, int maxWindowGroups, int numLayers) {
    NativeLibrary.load();
    step = new qj_step();
    result = new qj_step_result();
    rowLayout = new RowLayout();
    changeLayout = new ChangeLayout();
    tokenIds = ints(maxTokens);
    queryStart = ints(maxSequences + 1);
    kvLen = ints(maxSequences);
    blockTableStart = ints(maxSequences + 1);
    ropeLen = ints(maxSequences);
    layerGroup = ints(numLayers);
    windowLen = ints(Math.multiplyExact(maxWindowGroups, maxTokens));
    sinkLen = ints(Math.multiplyExact(maxWindowGroups, maxSequences));
    rows = bytes(Math.multiplyExact(maxRows, rowLayout.size));
    step.token_ids(new IntPointer(tokenIds))
        .query_start(new IntPointer(queryStart))
        .kv_len(new IntPointer(kvLen))
        .block_table_start(new IntPointer(blockTableStart))
        .rope_len(new IntPointer(ropeLen))
        .layer_group(new IntPointer(layerGroup))
        .window_len(new IntPointer(windowLen))
        .sink_len(new IntPointer(sinkLen))
        .rows(new qj_logit_row(new Pointer(rows)));

    lseRaw = floats(maxRows);
    lseProcessed = floats(maxRows);
    numCandidates = ints(maxRows);
    candidateIds = ints(Math.multiplyExact(maxRows, MAX_CANDIDATES));
    candidateRaw = floats(Math.multiplyExact(maxRows, MAX_CANDIDATES));
    candidateProcessed = floats(Math.multiplyExact(maxRows, MAX_CANDIDATES));
    rawTopIds = ints(Math.multiplyExact(maxRows, MAX_RAW_TOP));
    rawTopLogits = floats(Math.multiplyExact(maxRows, MAX_RAW_TOP));
    result.lse_raw(new FloatPointer(lseRaw))
        .lse_processed(new FloatPointer(lseProcessed))
        .num_candidates(new IntPointer(numCandidates))
        .candidate_ids(new IntPointer(candidateIds))
        .candidate_raw(new FloatPointer(candidateRaw))
        .candidate_processed(new FloatPointer(candidateProcessed))
        .raw_top_ids(new IntPointer(rawTopIds))
        .raw_top_logits(new FloatPointer(rawTopLogits));

    growBlockTables(maxSequences);
    growChanges(64);
    growProbes(64);
    growMasks(1);
  }

  /**
   * Begins a step: sets its counts and makes room for what has no fixed maximum.
   *
   * @param numValidTokens logits of ids from here on are -inf; 0 for the whole vocabulary
   * @param numBlockTables page ids of all sequences together
   * @param numChanges logit changes of all rows together
   * @param numProbes probes of all rows together
   * @param numMaskWords 32-bit words of all masks together
   */
  public void begin(
      int numTokens,
      int numSequences,
      int numWindowGroups,
      int numRows,
      int numValidTokens,
      int numBlockTables,
      int numChanges,
      int numProbes,
      int numMaskWords) {
    requireAtMost("tokens", numTokens, tokenIds.capacity());
    requireAtMost("sequences", numSequences, kvLen.capacity());
    requireAtMost("rows", numRows, lseRaw.capacity());
    requireAtMost("window lengths", (long) numWindowGroups * numTokens, windowLen.capacity());
    requireAtMost("sink lengths", (long) numWindowGroups * numSequences, sinkLen.capacity());
    step.num_tokens(numTokens)
        .num_sequences(numSequences)
        .num_window_groups(numWindowGroups)
        .num_rows(numRows)
        .num_valid_tokens(numValidTokens);
    if (numBlockTables > blockTables.capacity()) {
      growBlockTables(roomFor(numBlockTables));
    }
    if (numChanges > changes.capacity() / changeLayout.size) {
      growChanges(roomFor(numChanges));
    }
    if (numProbes > probes.capacity()) {
      growProbes(roomFor(numProbes));
    }
    if (numMaskWords > masks.capacity()) {
      growMasks(roomFor(numMaskWords));
    }
  }

  /** Fills a row of logits to be computed; the ranges index changes, probes and masks. */
  public void setRow(
      int row,
      int tokenIndex,
      float temperature,
      int numCandidates,
      int numRawTop,
      int changesBegin,
      int changesEnd,
      int probesBegin,
      int probesEnd,
      long maskBegin) {
    int at = row * rowLayout.size;
    rows.putInt(at + rowLayout.tokenIndex, tokenIndex);
    rows.putFloat(at + rowLayout.temperature, temperature);
    rows.putInt(at + rowLayout.numCandidates, numCandidates);
    rows.putInt(at + rowLayout.numRawTop, numRawTop);
    rows.putInt(at + rowLayout.changesBegin, changesBegin);
    rows.putInt(at + rowLayout.changesEnd, changesEnd);
    rows.putInt(at + rowLayout.probesBegin, probesBegin);
    rows.putInt(at + rowLayout.probesEnd, probesEnd);
    rows.putLong(at + rowLayout.maskBegin, maskBegin);
  }

  /** Fills one change of one logit. */
  public void setChange(int change, int token, float bias, float repetition, float subtract) {
    int at = change * changeLayout.size;
    changes.putInt(at + changeLayout.token, token);
    changes.putFloat(at + changeLayout.bias, bias);
    changes.putFloat(at + changeLayout.repetition, repetition);
    changes.putFloat(at + changeLayout.subtract, subtract);
  }

  /** [numTokens]. */
  public IntBuffer tokenIds() {
    return tokenIds;
  }

  /** [numSequences + 1] first token of each sequence. */
  public IntBuffer queryStart() {
    return queryStart;
  }

  /** [numSequences] tokens in the cache after this step. */
  public IntBuffer kvLen() {
    return kvLen;
  }

  /** [numSequences + 1] first entry of each sequence in {@link #blockTables()}. */
  public IntBuffer blockTableStart() {
    return blockTableStart;
  }

  /** Page ids; -1 is a page that was freed. */
  public IntBuffer blockTables() {
    return blockTables;
  }

  /** [numSequences] prompt length + max_tokens, for rope types that depend on the length. */
  public IntBuffer ropeLen() {
    return ropeLen;
  }

  /** [numLayers] window group of each layer. */
  public IntBuffer layerGroup() {
    return layerGroup;
  }

  /** [numWindowGroups][numTokens], packed for this step's number of tokens. */
  public IntBuffer windowLen() {
    return windowLen;
  }

  /** [numWindowGroups][numSequences], packed for this step's number of sequences. */
  public IntBuffer sinkLen() {
    return sinkLen;
  }

  /** Tokens whose raw logit and rank are wanted. */
  public IntBuffer probes() {
    return probes;
  }

  /** Bit t % 32 of word t / 32 of a mask allows token t. */
  public IntBuffer masks() {
    return masks;
  }

  /** [numRows] log-sum-exp of the raw row. */
  public FloatBuffer lseRaw() {
    return lseRaw;
  }

  /** [numRows] log-sum-exp of the processed row. */
  public FloatBuffer lseProcessed() {
    return lseProcessed;
  }

  /** [numRows] how many candidates were found. */
  public IntBuffer numCandidates() {
    return numCandidates;
  }

  /** [numRows][MAX_CANDIDATES]. */
  public IntBuffer candidateIds() {
    return candidateIds;
  }

  /** [numRows][MAX_CANDIDATES]. */
  public FloatBuffer candidateRaw() {
    return candidateRaw;
  }

  /** [numRows][MAX_CANDIDATES], divided by the temperature. */
  public FloatBuffer candidateProcessed() {
    return candidateProcessed;
  }

  /** [numRows][MAX_RAW_TOP]. */
  public IntBuffer rawTopIds() {
    return rawTopIds;
  }

  /** [numRows][MAX_RAW_TOP]. */
  public FloatBuffer rawTopLogits() {
    return rawTopLogits;
  }

  /** A raw logit for each probe. */
  public FloatBuffer probeLogits() {
    return probeLogits;
  }

  /** For each probe, 1 + the number of tokens with a greater raw logit. */
  public IntBuffer probeRanks() {
    return probeRanks;
  }

  qj_step nativeStep() {
    return step;
  }

  qj_step_result nativeResult() {
    return result;
  }

  private void growBlockTables(int count) {
    blockTables = ints(count);
    step.block_tables(new IntPointer(blockTables));
  }

  private void growChanges(int count) {
    changes = bytes(Math.multiplyExact(count, changeLayout.size));
    step.changes(new qj_logit_change(new Pointer(changes)));
  }

  private void growProbes(int count) {
    probes = ints(count);
    probeLogits = floats(count);
    probeRanks = ints(count);
    step.probes(new IntPointer(probes));
    result.probe_logits(new FloatPointer(probeLogits)).probe_ranks(new IntPointer(probeRanks));
  }

  private void growMasks(int words) {
    masks = ints(words);
    step.masks(new IntPointer(masks));
  }

  private static int roomFor(int count) {
    return (int) Math.min(Integer.MAX_VALUE - 8, count + (long) count / 2);
  }

  private static void requireAtMost(String what, long count, long limit) {
    if (count < 0 || count > limit) {
      throw new NativeException(
          StatusCode.INVALID_ARGUMENT,
          "step: expected 0 to " + limit + " " + what + ", got " + count);
    }
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }

  private static IntBuffer ints(int count) {
    return bytes(Math.multiplyExact(count, Integer.BYTES)).asIntBuffer();
  }

  private static FloatBuffer floats(int count) {
    return bytes(Math.multiplyExact(count, Float.BYTES)).asFloatBuffer();
  }

  /** Where the library has the fields of a row: asked, never computed by hand. */
  private static final class RowLayout {
    final int size = Pointer.sizeof(qj_logit_row.class);
    final int tokenIndex = offset("token_index");
    final int temperature = offset("temperature");
    final int numCandidates = offset("num_candidates");
    final int numRawTop = offset("num_raw_top");
    final int changesBegin = offset("changes_begin");
    final int changesEnd = offset("changes_end");
    final int probesBegin = offset("probes_begin");
    final int probesEnd = offset("probes_end");
    final int maskBegin = offset("mask_begin");

    private static int offset(String field) {
      return Pointer.offsetof(qj_logit_row.class, field);
    }
  }

  /** The same for a change of a logit. */
  private static final class ChangeLayout {
    final int size = Pointer.sizeof(qj_logit_change.class);
    final int token = offset("token");
    final int bias = offset("bias");
    final int repetition = offset("repetition");
    final int subtract = offset("subtract");

    private static int offset(String field) {
      return Pointer.offsetof(qj_logit_change.class, field);
    }
  }
}
