// SPDX-License-Identifier: Apache-2.0
// Builds one step in native memory and reads its results. Sequences and rows are gathered in plain
// arrays first, because counts come before contents in the layout; seal() writes them out. Nothing
// is allocated once the arrays have grown to the size of the work.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.StepBuffers;
import java.util.Arrays;

/**
 * One step: sequences with their tokens, and the rows of logits that are wanted. Use: clear, add
 * sequences, each with its rows, {@link ModelRuntime#step}, read results; then clear again. For one
 * thread.
 */
public final class StepBatch {
  /** Most candidates that a row can ask for. */
  public static final int MAX_CANDIDATES = StepBuffers.MAX_CANDIDATES;

  /** Most raw top logits that a row can ask for. */
  public static final int MAX_RAW_TOP = StepBuffers.MAX_RAW_TOP;

  private final StepBuffers buffers;
  private final ModelConfig config;
  private final int maxTokens;
  int numValidTokens;

  private int numTokens;
  private int numSequences;
  private int numPages;
  private int numRows;
  private int numChanges;
  private int numProbes;
  private int numMaskWords;
  private boolean sealed;

  private final int[] tokens;
  private final int[] queryStart;
  private final int[] kvLen;
  private final int[] ropeLen;
  private final int[] pageStart;
  private final LayerWindows[] windows;
  private int[] pages = new int[256];
  // The arrays of rows are read by the model that stands in for the native one in tests.
  final RowRequest[] rows;
  int[] changeTokens = new int[64];
  float[] changeValues = new float[3 * 64];
  int[] probes = new int[16];
  int[] maskWords = new int[16];

  /**
   * Makes a batch for steps of at most these sizes.
   *
   * @param config the model's configuration
   * @param maxTokens tokens of a step
   * @param maxSequences sequences of a step
   * @param maxRows rows of logits of a step
   */
  public StepBatch(ModelConfig config, int maxTokens, int maxSequences, int maxRows) {
    this.config = config;
    this.maxTokens = maxTokens;
    buffers =
        new StepBuffers(
            maxTokens, maxSequences, maxRows, config.numWindowGroups(), config.numLayers());
    buffers.layerGroup().put(0, config.layerGroup());
    tokens = new int[maxTokens];
    queryStart = new int[maxSequences + 1];
    kvLen = new int[maxSequences];
    ropeLen = new int[maxSequences];
    pageStart = new int[maxSequences + 1];
    windows = new LayerWindows[maxSequences];
    rows = new RowRequest[maxRows];
    for (int i = 0; i < maxRows; i++) {
      rows[i] = new RowRequest();
    }
  }

  /**
   * Excludes ids from the end of the vocabulary, in every step.
   *
   * @param count logits of ids from here on are -inf; 0 for the whole vocabulary
   */
  public void numValidTokens(int count) {
    numValidTokens = count;
  }

  /** Begins an empty step. */
  public void clear() {
    Arrays.fill(windows, 0, numSequences, null);
    numTokens = 0;
    numSequences = 0;
    numPages = 0;
    numRows = 0;
    numChanges = 0;
    numProbes = 0;
    numMaskWords = 0;
    sealed = false;
  }

  /**
   * Adds a sequence with the tokens that are computed in this step.
   *
   * @param ids array that holds them
   * @param from index of the first
   * @param count how many, at least 1
   * @param kvLenAfter tokens in the cache after this step, these included
   * @param ropeLength prompt length + max_tokens, for rope types that depend on the length
   * @param window what its queries see
   * @param blockTable the sequence's pages in order, -1 where freed
   * @param numBlocks entries of blockTable that count
   * @return index of its first token in the step
   */
  public int addSequence(
      int[] ids,
      int from,
      int count,
      int kvLenAfter,
      int ropeLength,
      LayerWindows window,
      int[] blockTable,
      int numBlocks) {
    int first = numTokens;
    System.arraycopy(ids, from, tokens, first, count);
    queryStart[numSequences] = first;
    kvLen[numSequences] = kvLenAfter;
    ropeLen[numSequences] = ropeLength;
    windows[numSequences] = window;
    pageStart[numSequences] = numPages;
    if (numPages + numBlocks > pages.length) {
      pages = Arrays.copyOf(pages, Math.max(2 * pages.length, numPages + numBlocks));
    }
    System.arraycopy(blockTable, 0, pages, numPages, numBlocks);
    numPages += numBlocks;
    numTokens += count;
    numSequences++;
    queryStart[numSequences] = numTokens;
    pageStart[numSequences] = numPages;
    return first;
  }

  /**
   * Adds a row of logits. Changes, probes and a mask added afterwards belong to it.
   *
   * @param tokenIndex the token of the step whose successor it predicts
   * @param temperature above 0
   * @param numCandidates 0 to {@link #MAX_CANDIDATES}
   * @param numRawTop 0 to {@link #MAX_RAW_TOP}
   * @return the row's index
   */
  public int addRow(int tokenIndex, float temperature, int numCandidates, int numRawTop) {
    RowRequest row = rows[numRows];
    row.tokenIndex = tokenIndex;
    row.temperature = temperature;
    row.numCandidates = numCandidates;
    row.numRawTop = numRawTop;
    row.changesBegin = numChanges;
    row.changesEnd = numChanges;
    row.probesBegin = numProbes;
    row.probesEnd = numProbes;
    row.maskBegin = -1;
    return numRows++;
  }

  /**
   * Adds a change of one logit to the last row: l += bias; l = l &gt; 0 ? l / repetition : l *
   * repetition; l -= subtract. One change a token and row.
   *
   * @param token the token
   * @param bias 0 for none, -inf to exclude the token
   * @param repetition 1 for none
   * @param subtract 0 for none
   */
  public void addChange(int token, float bias, float repetition, float subtract) {
    reserveChanges(1);
    changeTokens[numChanges] = token;
    changeValues[3 * numChanges] = bias;
    changeValues[3 * numChanges + 1] = repetition;
    changeValues[3 * numChanges + 2] = subtract;
    rows[numRows - 1].changesEnd = ++numChanges;
  }

  /**
   * Adds many changes to the last row.
   *
   * @param changed their tokens
   * @param values bias, repetition and subtract of each
   * @param count how many
   */
  public void addChanges(int[] changed, float[] values, int count) {
    reserveChanges(count);
    System.arraycopy(changed, 0, changeTokens, numChanges, count);
    System.arraycopy(values, 0, changeValues, 3 * numChanges, 3 * count);
    numChanges += count;
    rows[numRows - 1].changesEnd = numChanges;
  }

  /**
   * Asks for the raw logit and the rank of a token in the last row.
   *
   * @param token the token
   * @return the probe's index
   */
  public int addProbe(int token) {
    if (numProbes == probes.length) {
      probes = Arrays.copyOf(probes, 2 * numProbes);
    }
    probes[numProbes] = token;
    rows[numRows - 1].probesEnd = ++numProbes;
    return numProbes - 1;
  }

  /**
   * Sets the mask of the last row.
   *
   * @param words ceil(vocab_size / 32) words, bit t % 32 of word t / 32 allows token t
   */
  public void setMask(int[] words) {
    if (numMaskWords + words.length > maskWords.length) {
      maskWords = Arrays.copyOf(maskWords, numMaskWords + words.length);
    }
    System.arraycopy(words, 0, maskWords, numMaskWords, words.length);
    rows[numRows - 1].maskBegin = numMaskWords;
    numMaskWords += words.length;
  }

  /** Writes the step to native memory; {@link ModelRuntime#step} does it where it was not done. */
  public void seal() {
    if (sealed) {
      return;
    }
    sealed = true;
    int groups = config.numWindowGroups();
    buffers.begin(
        numTokens,
        numSequences,
        groups,
        numRows,
        numValidTokens,
        numPages,
        numChanges,
        numProbes,
        numMaskWords);
    buffers.tokenIds().put(0, tokens, 0, numTokens);
    buffers.queryStart().put(0, queryStart, 0, numSequences + 1);
    buffers.kvLen().put(0, kvLen, 0, numSequences);
    buffers.ropeLen().put(0, ropeLen, 0, numSequences);
    buffers.blockTableStart().put(0, pageStart, 0, numSequences + 1);
    buffers.blockTables().put(0, pages, 0, numPages);
    for (int group = 0; group < groups; group++) {
      for (int s = 0; s < numSequences; s++) {
        buffers.sinkLen().put(group * numSequences + s, windows[s].sinkLen());
        int position = kvLen[s] - (queryStart[s + 1] - queryStart[s]);
        for (int t = queryStart[s]; t < queryStart[s + 1]; t++, position++) {
          buffers.windowLen().put(group * numTokens + t, windows[s].windowLen(group, position));
        }
      }
    }
    for (int i = 0; i < numRows; i++) {
      RowRequest r = rows[i];
      buffers.setRow(
          i,
          r.tokenIndex,
          r.temperature,
          r.numCandidates,
          r.numRawTop,
          r.changesBegin,
          r.changesEnd,
          r.probesBegin,
          r.probesEnd,
          r.maskBegin);
    }
    for (int i = 0; i < numChanges; i++) {
      buffers.setChange(
          i,
          changeTokens[i],
          changeValues[3 * i],
          changeValues[3 * i + 1],
          changeValues[3 * i + 2]);
    }
    buffers.probes().put(0, probes, 0, numProbes);
    buffers.masks().put(0, maskWords, 0, numMaskWords);
  }

  /**
   * Returns how many tokens the step carries.
   *
   * @return 0 after clear
   */
  public int numTokens() {
    return numTokens;
  }

  /**
   * Returns how many tokens can still be added.
   *
   * @return 0 or more
   */
  public int tokensLeft() {
    return maxTokens - numTokens;
  }

  /**
   * Returns how many sequences the step carries.
   *
   * @return 0 after clear
   */
  public int numSequences() {
    return numSequences;
  }

  /**
   * Returns how many rows of logits the step asks for.
   *
   * @return 0 after clear
   */
  public int numRows() {
    return numRows;
  }

  /**
   * Returns the log-sum-exp of a raw row.
   *
   * @param row its index
   * @return NaN if a logit is
   */
  public float lseRaw(int row) {
    return buffers.lseRaw().get(row);
  }

  /**
   * Returns the log-sum-exp of a processed row.
   *
   * @param row its index
   * @return -inf if nothing is allowed
   */
  public float lseProcessed(int row) {
    return buffers.lseProcessed().get(row);
  }

  /**
   * Returns how many candidates a row asked for.
   *
   * @param row its index
   * @return the number
   */
  public int candidatesAsked(int row) {
    return rows[row].numCandidates;
  }

  /**
   * Returns how many candidates a row has; less than asked only if no more are allowed.
   *
   * @param row its index
   * @return the number
   */
  public int numCandidates(int row) {
    return buffers.numCandidates().get(row);
  }

  /**
   * Returns a candidate; they come by processed logit, lowest id first on ties.
   *
   * @param row the row's index
   * @param i the candidate's index
   * @return its token id
   */
  public int candidateId(int row, int i) {
    return buffers.candidateIds().get(row * MAX_CANDIDATES + i);
  }

  /**
   * Returns the raw logit of a candidate.
   *
   * @param row the row's index
   * @param i the candidate's index
   * @return before changes, mask and temperature
   */
  public float candidateRaw(int row, int i) {
    return buffers.candidateRaw().get(row * MAX_CANDIDATES + i);
  }

  /**
   * Returns the processed logit of a candidate.
   *
   * @param row the row's index
   * @param i the candidate's index
   * @return after changes, mask and temperature
   */
  public float candidateProcessed(int row, int i) {
    return buffers.candidateProcessed().get(row * MAX_CANDIDATES + i);
  }

  /**
   * Returns one of the tokens with the greatest raw logits.
   *
   * @param row the row's index
   * @param i 0 for the greatest
   * @return its token id
   */
  public int rawTopId(int row, int i) {
    return buffers.rawTopIds().get(row * MAX_RAW_TOP + i);
  }

  /**
   * Returns one of the greatest raw logits.
   *
   * @param row the row's index
   * @param i 0 for the greatest
   * @return the logit
   */
  public float rawTopLogit(int row, int i) {
    return buffers.rawTopLogits().get(row * MAX_RAW_TOP + i);
  }

  /**
   * Returns the raw logit of a probe.
   *
   * @param probe its index
   * @return the logit
   */
  public float probeLogit(int probe) {
    return buffers.probeLogits().get(probe);
  }

  /**
   * Returns the rank of a probe.
   *
   * @param probe its index
   * @return 1 + the number of tokens with a greater raw logit
   */
  public int probeRank(int probe) {
    return buffers.probeRanks().get(probe);
  }

  /**
   * Returns the native memory of the step.
   *
   * @return for runners of steps
   */
  public StepBuffers buffers() {
    return buffers;
  }

  private void reserveChanges(int count) {
    if (numChanges + count > changeTokens.length) {
      int capacity = Math.max(2 * changeTokens.length, numChanges + count);
      changeTokens = Arrays.copyOf(changeTokens, capacity);
      changeValues = Arrays.copyOf(changeValues, 3 * capacity);
    }
  }

  static final class RowRequest {
    int tokenIndex;
    float temperature;
    int numCandidates;
    int numRawTop;
    int changesBegin;
    int changesEnd;
    int probesBegin;
    int probesEnd;
    int maskBegin;
  }
}
