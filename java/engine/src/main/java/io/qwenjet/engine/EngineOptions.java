// SPDX-License-Identifier: Apache-2.0
// How an engine opens a model. Immutable: each setter returns a changed copy, so that options can be
// kept and shared.
package io.qwenjet.engine;

import java.util.function.Consumer;

/**
 * How an engine opens and runs a model. Immutable; a method with an argument returns a copy with that
 * value. Values that a machine cannot satisfy are refused when an engine opens.
 */
public final class EngineOptions {
  private static final EngineOptions DEFAULTS = new EngineOptions();

  /** Bytes of weights, times sequences that share them in a step, that keep a thread busy. */
  private static final long WORK_BYTES_A_THREAD = 16L << 20;

  private static final int MAX_SEQUENCES_COUNTED = 8;

  private Device device = Device.auto();
  private Compute compute = Compute.BFLOAT16;
  private Activations activations = Activations.AUTO;
  private KvCache kvCache = KvCache.COMPUTE;
  private Isa isa = Isa.AUTO;
  private int threads;
  private int contextLength;
  private int pageSize = 64;
  private int maxStepTokens = 512;
  private int maxSequences = 8;
  private WindowPolicy window = WindowPolicy.model();
  private LoadListener loadListener;

  private EngineOptions() {}

  /**
   * Returns the defaults.
   *
   * @return options that suit most machines
   */
  public static EngineOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Returns where the model runs.
   *
   * @return {@link Device#auto()} by default
   */
  public Device device() {
    return device;
  }

  /**
   * Sets where the model runs.
   *
   * @param device the device; not null
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions device(Device device) {
    Require.notNull("device", device);
    return with(o -> o.device = device);
  }

  /**
   * Returns the number type it computes in.
   *
   * @return {@link Compute#BFLOAT16} by default
   */
  public Compute compute() {
    return compute;
  }

  /**
   * Sets the number type it computes in.
   *
   * @param compute the type; not null
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions compute(Compute compute) {
    Require.notNull("compute", compute);
    return with(o -> o.compute = compute);
  }

  /**
   * Returns what products with quantised weights do with their inputs.
   *
   * @return {@link Activations#AUTO} by default
   */
  public Activations activations() {
    return activations;
  }

  /**
   * Sets what products with quantised weights do with their inputs.
   *
   * @param activations the way; not null
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions activations(Activations activations) {
    Require.notNull("activations", activations);
    return with(o -> o.activations = activations);
  }

  /**
   * Returns what the KV cache holds.
   *
   * @return {@link KvCache#COMPUTE} by default
   */
  public KvCache kvCache() {
    return kvCache;
  }

  /**
   * Sets what the KV cache holds.
   *
   * @param kvCache the type; not null
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions kvCache(KvCache kvCache) {
    Require.notNull("kvCache", kvCache);
    return with(o -> o.kvCache = kvCache);
  }

  /**
   * Returns the instruction-set path.
   *
   * @return {@link Isa#AUTO} by default
   */
  public Isa isa() {
    return isa;
  }

  /**
   * Sets the instruction-set path.
   *
   * @param isa the path; one that the machine lacks is refused
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions isa(Isa isa) {
    Require.notNull("isa", isa);
    return with(o -> o.isa = isa);
  }

  /**
   * Returns the number of compute threads.
   *
   * @return 0, the default, for one a processor that this process may use (container limits count),
   *     fewer for models of a few million parameters
   */
  public int threads() {
    return threads;
  }

  /**
   * Sets the number of compute threads.
   *
   * @param threads 1 or more, or 0 for the default
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions threads(int threads) {
    Require.atLeast("threads", threads, 0);
    return with(o -> o.threads = threads);
  }

  /**
   * Returns the most tokens that prompt and answer may have together.
   *
   * @return 0, the default, for the model's own length, as far as memory goes
   */
  public int contextLength() {
    return contextLength;
  }

  /**
   * Sets the most tokens that prompt and answer may have together.
   *
   * @param contextLength 1 or more, or 0 for the default
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions contextLength(int contextLength) {
    Require.atLeast("contextLength", contextLength, 0);
    return with(o -> o.contextLength = contextLength);
  }

  /**
   * Returns the tokens of a KV page.
   *
   * @return 64 by default
   */
  public int pageSize() {
    return pageSize;
  }

  /**
   * Sets the tokens of a KV page.
   *
   * @param pageSize a power of two, 16 to 1024
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions pageSize(int pageSize) {
    Require.that(
        pageSize >= 16 && pageSize <= 1024 && Integer.bitCount(pageSize) == 1,
        "pageSize",
        "a power of two, 16 to 1024",
        pageSize);
    return with(o -> o.pageSize = pageSize);
  }

  /**
   * Returns the most tokens that one step computes, so the size of a prompt chunk.
   *
   * @return 512 by default; larger chunks are faster up to a point and delay running answers
   */
  public int maxStepTokens() {
    return maxStepTokens;
  }

  /**
   * Sets the most tokens that one step computes, so the size of a prompt chunk.
   *
   * @param maxStepTokens 1 or more
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions maxStepTokens(int maxStepTokens) {
    Require.atLeast("maxStepTokens", maxStepTokens, 1);
    return with(o -> o.maxStepTokens = maxStepTokens);
  }

  /**
   * Returns how many answers run at once.
   *
   * @return 8 by default; further requests wait
   */
  public int maxSequences() {
    return maxSequences;
  }

  /**
   * Sets how many answers run at once.
   *
   * @param maxSequences 1 or more
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions maxSequences(int maxSequences) {
    Require.atLeast("maxSequences", maxSequences, 1);
    return with(o -> o.maxSequences = maxSequences);
  }

  /**
   * Returns the window policy of requests that name none.
   *
   * @return {@link WindowPolicy#model()} by default
   */
  public WindowPolicy window() {
    return window;
  }

  /**
   * Sets the window policy of requests that name none.
   *
   * @param window the policy; not null
   * @return a changed copy
   * @throws InvalidRequestException if the value is out of range
   */
  public EngineOptions window(WindowPolicy window) {
    Require.notNull("window", window);
    return with(o -> o.window = window);
  }

  /**
   * Returns who hears how far loading is.
   *
   * @return null, the default, for nobody
   */
  public LoadListener loadListener() {
    return loadListener;
  }

  /**
   * Sets who hears how far loading is.
   *
   * @param loadListener the listener; null for nobody
   * @return a changed copy
   */
  public EngineOptions loadListener(LoadListener loadListener) {
    return with(o -> o.loadListener = loadListener);
  }

  /**
   * The number of compute threads for weights of this size. A small model's operators are done before
   * further threads have woken, and their waiting takes processors from the JVM's compiler.
   */
  int resolvedThreads(long weightsBytes) {
    if (threads > 0) {
      return threads;
    }
    long work = weightsBytes * Math.min(maxSequences, MAX_SEQUENCES_COUNTED);
    return (int)
        Math.min(1 + work / WORK_BYTES_A_THREAD, Runtime.getRuntime().availableProcessors());
  }

  private EngineOptions with(Consumer<EngineOptions> edit) {
    EngineOptions copy = new EngineOptions();
    copy.device = device;
    copy.compute = compute;
    copy.activations = activations;
    copy.kvCache = kvCache;
    copy.isa = isa;
    copy.threads = threads;
    copy.contextLength = contextLength;
    copy.pageSize = pageSize;
    copy.maxStepTokens = maxStepTokens;
    copy.maxSequences = maxSequences;
    copy.window = window;
    copy.loadListener = loadListener;
    edit.accept(copy);
    return copy;
  }
}
