// SPDX-License-Identifier: Apache-2.0
// One request in the scheduler: a prompt and the n sequences that continue it. The first sequence
// computes the prompt; the others fork from it and share its pages.
package io.qwenjet.engine.scheduler;

import io.qwenjet.engine.FinishReason;
import io.qwenjet.engine.Timings;
import io.qwenjet.engine.runtime.LayerWindows;
import io.qwenjet.engine.sampling.SamplingPlan;
import java.util.ArrayList;
import java.util.List;

/** A request as the scheduler sees it. Made by any thread, then owned by the engine thread. */
public final class SequenceGroup {
  final int[] prompt;
  final SamplingPlan plan;
  final LayerWindows windows;
  final GroupListener listener;
  final int ropeLen;
  final List<Sequence> sequences = new ArrayList<>();
  int numPromised;
  private volatile boolean cancelled;
  private boolean ended;

  private final long submittedNs = System.nanoTime();
  private long firstStepNs;
  private long firstTokenNs;
  private long stepNs;
  private long nativeNs;

  /**
   * Makes a request.
   *
   * @param prompt at least one token, all in range; not copied
   * @param plan how tokens are chosen; its maxTokens fits the context
   * @param windows what queries see
   * @param listener takes what is generated
   */
  public SequenceGroup(
      int[] prompt, SamplingPlan plan, LayerWindows windows, GroupListener listener) {
    this.prompt = prompt;
    this.plan = plan;
    this.windows = windows;
    this.listener = listener;
    this.ropeLen = prompt.length + plan.maxTokens();
  }

  /**
   * Asks for the end before the next step; {@link Scheduler#wake} makes it happen at once. From any
   * thread; after the end it does nothing.
   */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  boolean isEnded() {
    return ended;
  }

  boolean promptIsDone() {
    return !sequences.isEmpty() && sequences.get(0).kvLen >= prompt.length;
  }

  void stepped(long startNs, long durationNs, long durationNativeNs) {
    if (firstStepNs == 0) {
      firstStepNs = startNs;
    }
    stepNs += durationNs;
    nativeNs += durationNativeNs;
  }

  void tokenSampled() {
    if (firstTokenNs == 0) {
      firstTokenNs = System.nanoTime();
    }
  }

  void finishUnfinished(FinishReason reason) {
    for (int choice = 0; choice < plan.n(); choice++) {
      if (choice >= sequences.size() || !sequences.get(choice).finished) {
        listener.onFinished(choice, reason);
      }
    }
  }

  void done() {
    if (!ended) {
      ended = true;
      listener.onDone(timings());
    }
  }

  void failed(RuntimeException e) {
    if (!ended) {
      ended = true;
      listener.onFailed(e);
    }
  }

  private Timings timings() {
    long endNs = System.nanoTime();
    int numGenerated = 0;
    for (Sequence sequence : sequences) {
      numGenerated += sequence.numGenerated;
    }
    boolean started = firstTokenNs != 0;
    int later = numGenerated - sequences.size();
    return new Timings(
        seconds((firstStepNs == 0 ? endNs : firstStepNs) - submittedNs),
        started ? seconds(firstTokenNs - submittedNs) : Double.NaN,
        seconds(endNs - submittedNs),
        started ? prompt.length / seconds(firstTokenNs - firstStepNs) : Double.NaN,
        started && later > 0 ? later / seconds(endNs - firstTokenNs) : Double.NaN,
        seconds(nativeNs),
        seconds(stepNs));
  }

  private static double seconds(long ns) {
    return ns * 1e-9;
  }
}
