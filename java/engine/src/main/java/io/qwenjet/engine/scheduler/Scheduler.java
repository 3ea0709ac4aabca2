// SPDX-License-Identifier: Apache-2.0
// The engine thread: takes requests from a lock-free queue, admits them in order of arrival while
// sequences and pages last, runs steps, samples, and hands tokens over. It alone calls native code,
// and it alone touches the state below the queue.
package io.qwenjet.engine.scheduler;

import io.qwenjet.engine.CancelledException;
import io.qwenjet.engine.ContextFullException;
import io.qwenjet.engine.DeviceException;
import io.qwenjet.engine.EngineClosedException;
import io.qwenjet.engine.EngineStats;
import io.qwenjet.engine.ErrorCode;
import io.qwenjet.engine.FinishReason;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.runtime.LayerWindows;
import io.qwenjet.engine.runtime.StepBatch;
import io.qwenjet.engine.runtime.StepRunner;
import io.qwenjet.engine.sampling.ChoiceSampler;
import io.qwenjet.engine.sampling.WholeRows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs requests on one platform thread. Submitting, waking and closing are safe from any thread. */
public final class Scheduler {
  private static final Logger logger = LoggerFactory.getLogger(Scheduler.class);

  private final TimedRunner runner;
  private final StepBatch batch;
  private final PagePool pool;
  private final StepPlanner planner;
  private final WholeRows wholeRows;
  private final int pageSize;
  private final int maxSequences;
  private final int maxStepTokens;
  private final Thread thread;

  private final Queue<SequenceGroup> submitted = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<SequenceGroup> waiting = new ArrayDeque<>();
  private final List<SequenceGroup> running = new ArrayList<>();
  private final List<SequenceGroup> ending = new ArrayList<>();
  private int numSequences;

  private volatile boolean closing;
  private volatile boolean ended;
  private volatile RuntimeException failure;
  private volatile EngineStats stats;
  private long numSteps;
  private long numPromptTokens;
  private long numGeneratedTokens;
  private long stepNs;
  private long nativeNs;

  /**
   * Sizes of a scheduler.
   *
   * @param numPages KV pages of the model
   * @param pageSize tokens of a page
   * @param maxSequences sequences that run at once
   * @param maxStepTokens tokens of a step, at least maxSequences
   * @param vocabSize rows of logits
   */
  public record Limits(
      int numPages, int pageSize, int maxSequences, int maxStepTokens, int vocabSize) {}

  /**
   * Makes a scheduler and starts its thread.
   *
   * @param runner the model, which the scheduler closes
   * @param batch a batch of the model for steps of the limits' size
   * @param limits sizes
   * @param name of the thread
   */
  public Scheduler(StepRunner runner, StepBatch batch, Limits limits, String name) {
    this.runner = new TimedRunner(runner);
    this.batch = batch;
    this.pageSize = limits.pageSize();
    this.maxSequences = limits.maxSequences();
    this.maxStepTokens = limits.maxStepTokens();
    this.pool = new PagePool(limits.numPages());
    this.planner = new StepPlanner(batch, this.runner, pool, pageSize);
    this.wholeRows = new WholeRows(this.runner, limits.vocabSize());
    publishStats();
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Hands a request to the engine thread.
   *
   * @param group the request
   * @throws ContextFullException if it needs more pages than there are
   * @throws EngineClosedException after closing
   * @throws InferenceException if the engine has failed
   */
  public void submit(SequenceGroup group) {
    checkOpen();
    int needed = pagesNeeded(group);
    if (needed > pool.size()) {
      throw new ContextFullException(
          "KV cache: expected a request of at most "
              + pool.size()
              + " pages of "
              + pageSize
              + " tokens, got one that needs "
              + needed
              + " for "
              + group.plan.n()
              + " choice(s) of "
              + group.prompt.length
              + " prompt and "
              + group.plan.maxTokens()
              + " generated tokens");
    }
    group.numPromised = needed;
    submitted.add(group);
    wake();
    if (ended) {
      failSubmitted();
    }
  }

  /**
   * Throws if no request can be taken any more.
   *
   * @throws EngineClosedException after closing
   * @throws InferenceException if the engine has failed
   */
  public void checkOpen() {
    if (closing) {
      throw new EngineClosedException("the engine is closed");
    }
    RuntimeException failed = failure;
    if (failed != null) {
      throw failedException(failed);
    }
  }

  /** Makes the engine thread look at cancellations and paused requests now. */
  public void wake() {
    LockSupport.unpark(thread);
  }

  /**
   * Returns the counters.
   *
   * @return as of the last step
   */
  public EngineStats stats() {
    return stats;
  }

  /** Ends everything and waits for it, unless called by the engine thread. Never throws. */
  public void close() {
    closing = true;
    try {
      runner.cancel();
    } catch (RuntimeException e) {
      logger.debug("cancelling a model that is closed already", e);
    }
    wake();
    boolean interrupted = false;
    while (thread.isAlive() && Thread.currentThread() != thread) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing) {
      try {
        takeSubmitted();
        endCancelled();
        admit();
        long startNs = System.nanoTime();
        planner.plan(running);
        if (planner.parts().isEmpty()) {
          publishStats();
          if (submitted.isEmpty() && !closing) {
            LockSupport.park(this);
          }
        } else {
          step(startNs);
        }
      } catch (RuntimeException | Error e) {
        fail(e);
      }
    }
    EngineClosedException closed = new EngineClosedException("the engine was closed");
    endAll(closed);
    publishStats();
    try {
      runner.close();
    } catch (RuntimeException e) {
      logger.warn("closing the model failed", e);
    }
    ended = true;
    failSubmitted();
  }

  private void takeSubmitted() {
    for (SequenceGroup g = submitted.poll(); g != null; g = submitted.poll()) {
      waiting.add(g);
    }
    if (failure != null) {
      endAll(failedException(failure));
    }
  }

  private void failSubmitted() {
    for (SequenceGroup g = submitted.poll(); g != null; g = submitted.poll()) {
      end(g, new EngineClosedException("the engine was closed"));
    }
  }

  private void endCancelled() {
    for (int i = running.size() - 1; i >= 0; i--) {
      if (running.get(i).isCancelled()) {
        finishCancelled(running.get(i));
      }
    }
    if (!waiting.isEmpty()) {
      waiting.removeIf(
          group -> {
            if (group.isCancelled()) {
              finishCancelled(group);
            }
            return group.isEnded();
          });
    }
  }

  private void finishCancelled(SequenceGroup group) {
    try {
      group.finishUnfinished(FinishReason.CANCELLED);
      release(group);
      publishStats();
      group.done();
    } catch (RuntimeException e) {
      end(group, e);
    }
  }

  private void admit() {
    while (!waiting.isEmpty()) {
      SequenceGroup group = waiting.peek();
      if (numSequences + group.plan.n() > maxSequences || !pool.promise(group.numPromised)) {
        return;
      }
      waiting.remove();
      numSequences += group.plan.n();
      running.add(group);
      group.sequences.add(new Sequence(group, 0, newSampler(group, 0)));
    }
  }

  private void step(long startNs) {
    List<StepPlanner.Part> parts = planner.parts();
    batch.seal();
    try {
      runner.step(batch);
    } catch (RuntimeException e) {
      stepFailed(e, parts);
      return;
    }
    for (int i = 0; i < parts.size(); i++) {
      StepPlanner.Part part = parts.get(i);
      SequenceGroup group = part.sequence.group;
      if (group.isEnded()) {
        continue;
      }
      try {
        advance(part);
      } catch (RuntimeException e) {
        end(group, e);
      }
    }
    long durationNs = System.nanoTime() - startNs;
    account(parts, startNs, durationNs, runner.takeNs());
    endFinished();
  }

  private void advance(StepPlanner.Part part) {
    Sequence sequence = part.sequence;
    boolean wasPrompt = !sequence.group.promptIsDone();
    sequence.kvLen += part.numTokens;
    sequence.freeBehindWindow(pageSize, pool);
    if (wasPrompt) {
      numPromptTokens += part.numTokens;
    }
    if (part.row < 0) {
      return;
    }
    if (wasPrompt) {
      SequenceGroup group = sequence.group;
      for (int choice = 1; choice < group.plan.n(); choice++) {
        group.sequences.add(sequence.fork(choice, newSampler(group, choice), pool));
      }
      for (Sequence each : group.sequences) {
        takeToken(each, part.row);
      }
    } else {
      takeToken(sequence, part.row);
    }
  }

  private void takeToken(Sequence sequence, int row) {
    SequenceGroup group = sequence.group;
    int token = sequence.sampler.sample(batch, row);
    sequence.nextToken[0] = token;
    sequence.numGenerated++;
    numGeneratedTokens++;
    group.tokenSampled();
    boolean mayStop = sequence.numGenerated >= group.plan.minTokens();
    boolean stopToken = mayStop && group.plan.isStop(token);
    boolean stopText =
        group.listener.onToken(
            sequence.choice, token, sequence.sampler.logprob(), stopToken, mayStop);
    if (stopToken || stopText && mayStop) {
      finish(sequence, FinishReason.STOP);
    } else if (sequence.numGenerated >= group.plan.maxTokens()) {
      finish(sequence, FinishReason.LENGTH);
    }
  }

  private void finish(Sequence sequence, FinishReason reason) {
    sequence.finished = true;
    sequence.freeAll(pool);
    sequence.group.listener.onFinished(sequence.choice, reason);
  }

  /** What a caller sees in the counters when its request ends is what is left after it. */
  private void endFinished() {
    for (int i = running.size() - 1; i >= 0; i--) {
      SequenceGroup group = running.get(i);
      if (group.promptIsDone() && allFinished(group)) {
        ending.add(group);
        release(group);
      }
    }
    publishStats();
    for (int i = ending.size() - 1; i >= 0; i--) {
      try {
        ending.get(i).done();
      } catch (RuntimeException e) {
        end(ending.get(i), e);
      }
    }
    ending.clear();
  }

  private static boolean allFinished(SequenceGroup group) {
    for (int i = 0; i < group.sequences.size(); i++) {
      if (!group.sequences.get(i).finished) {
        return false;
      }
    }
    return true;
  }

  /** Takes a group out and frees what it holds. */
  private void release(SequenceGroup group) {
    if (running.remove(group)) {
      for (Sequence sequence : group.sequences) {
        sequence.freeAll(pool);
      }
      pool.endPromise(group.numPromised);
      numSequences -= group.plan.n();
    }
  }

  private void end(SequenceGroup group, RuntimeException e) {
    release(group);
    publishStats();
    try {
      group.failed(e);
    } catch (RuntimeException inner) {
      logger.warn("handing a failure over failed", inner);
    }
  }

  private void endAll(RuntimeException e) {
    for (SequenceGroup group : List.copyOf(running)) {
      end(group, e);
    }
    for (SequenceGroup g = waiting.poll(); g != null; g = waiting.poll()) {
      end(g, e);
    }
  }

  /** A step that failed fails its requests; what cannot be recovered from fails the engine. */
  private void stepFailed(RuntimeException e, List<StepPlanner.Part> parts) {
    if (closing) {
      return;
    }
    ErrorCode code = e instanceof InferenceException inference ? inference.code() : null;
    boolean unrecoverable =
        code == ErrorCode.INTERNAL
            || code == ErrorCode.DEVICE_ERROR
            || code == ErrorCode.DEVICE_LOST
            || e instanceof CancelledException
            || e instanceof EngineClosedException;
    if (unrecoverable) {
      fail(e);
      return;
    }
    for (StepPlanner.Part part : parts) {
      end(part.sequence.group, e);
    }
  }

  private void fail(Throwable e) {
    logger.error("the engine failed and takes no more requests", e);
    failure =
        e instanceof RuntimeException runtime
            ? runtime
            : new InferenceException(ErrorCode.INTERNAL, e.toString(), null, e);
    endAll(failedException(failure));
  }

  private static InferenceException failedException(RuntimeException e) {
    String message = "the engine has failed and must be opened again: " + e.getMessage();
    if (e instanceof DeviceException device) {
      return new DeviceException(device.code(), message, device.nativeMessage(), e);
    }
    return e instanceof InferenceException i
        ? new InferenceException(i.code(), message, i.nativeMessage(), e)
        : new InferenceException(ErrorCode.INTERNAL, message, null, e);
  }

  private ChoiceSampler newSampler(SequenceGroup group, int choice) {
    return new ChoiceSampler(group.plan, choice, group.prompt, wholeRows);
  }

  /** The most pages that a request holds at any time. */
  private int pagesNeeded(SequenceGroup group) {
    int n = group.plan.n();
    long total = blocks((long) group.prompt.length + group.plan.maxTokens());
    long shared = group.prompt.length / pageSize;
    long needed = shared + n * (total - shared);
    LayerWindows windows = group.windows;
    if (windows.maxWindow() < total * pageSize) {
      long inWindow =
          blocks(windows.sinkLen()) + blocks(windows.maxWindow()) + blocks(maxStepTokens) + 2;
      needed = Math.min(needed, n * inWindow);
    }
    return (int) Math.min(needed, Integer.MAX_VALUE);
  }

  private long blocks(long tokens) {
    return (tokens + pageSize - 1) / pageSize;
  }

  private void account(
      List<StepPlanner.Part> parts, long startNs, long durationNs, long durationNativeNs) {
    numSteps++;
    stepNs += durationNs;
    nativeNs += durationNativeNs;
    SequenceGroup last = null;
    for (int i = 0; i < parts.size(); i++) {
      SequenceGroup group = parts.get(i).sequence.group;
      if (group != last) {
        group.stepped(startNs, durationNs, durationNativeNs);
        last = group;
      }
    }
  }

  private void publishStats() {
    stats =
        new EngineStats(
            numSteps,
            numPromptTokens,
            numGeneratedTokens,
            stepNs * 1e-9,
            nativeNs * 1e-9,
            numSequences,
            waiting.size() + submitted.size(),
            pool.numUsed(),
            pool.size());
  }
}
