// SPDX-License-Identifier: Apache-2.0
// One subscription of a publisher (Reactive Streams rules, java.util.concurrent.Flow). Chunks wait
// here until the subscriber asks for them; past a few waiting ones the sequence pauses.
package io.qwenjet.engine;

import java.util.ArrayDeque;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

final class ChunkSubscription implements Flow.Subscription, ChunkSink {
  private static final int MAX_WAITING = 16;

  private final Flow.Subscriber<? super Chunk> subscriber;
  private final SerialQueue calls;
  private final ConcurrentLinkedQueue<Chunk> incoming = new ConcurrentLinkedQueue<>();
  private final AtomicInteger numWaiting = new AtomicInteger();
  private final AtomicLong demand = new AtomicLong();
  private volatile RequestTask task;
  private volatile Runnable wake = () -> {};
  private volatile boolean cancelled;

  // The rest is touched by the serial queue's actions alone.
  private final ArrayDeque<Chunk> waiting = new ArrayDeque<>();
  private boolean ended;
  private boolean sourceEnded;
  private Throwable sourceFailure;

  ChunkSubscription(Flow.Subscriber<? super Chunk> subscriber, SerialQueue calls) {
    if (subscriber == null) {
      throw new NullPointerException("subscriber");
    }
    this.subscriber = subscriber;
    this.calls = calls;
  }

  /** Signals onSubscribe, then submits; a submission that is refused becomes onError. */
  void start(Supplier<RequestTask> submit, Runnable wakeEngine) {
    wake = wakeEngine;
    calls.add(
        () -> {
          subscriber.onSubscribe(this);
          if (cancelled) {
            return;
          }
          try {
            task = submit.get();
            if (cancelled) {
              task.cancel();
            }
          } catch (RuntimeException e) {
            sourceEnded = true;
            sourceFailure = e;
            emit();
          }
        });
  }

  @Override
  public void request(long n) {
    if (n <= 0) {
      calls.add(
          () -> {
            fail(new IllegalArgumentException("request: expected at least 1, got " + n));
            stop();
          });
      return;
    }
    demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
    calls.add(this::emit);
  }

  @Override
  public void cancel() {
    stop();
  }

  private void stop() {
    cancelled = true;
    RequestTask running = task;
    if (running != null) {
      running.cancel();
    }
  }

  @Override
  public boolean ready() {
    return numWaiting.get() < MAX_WAITING || cancelled;
  }

  @Override
  public void chunk(Chunk chunk) {
    incoming.add(chunk);
    numWaiting.incrementAndGet();
    calls.add(this::emit);
  }

  @Override
  public void done(Completion completion) {
    calls.add(
        () -> {
          sourceEnded = true;
          emit();
        });
  }

  @Override
  public void failed(RuntimeException e) {
    calls.add(
        () -> {
          sourceEnded = true;
          sourceFailure = e;
          emit();
        });
  }

  private void emit() {
    for (Chunk c = incoming.poll(); c != null; c = incoming.poll()) {
      waiting.add(c);
    }
    while (!ended && !cancelled && !waiting.isEmpty() && demand.get() > 0) {
      if (demand.get() != Long.MAX_VALUE) {
        demand.decrementAndGet();
      }
      Chunk chunk = waiting.poll();
      if (numWaiting.getAndDecrement() == MAX_WAITING) {
        wake.run();
      }
      try {
        subscriber.onNext(chunk);
      } catch (RuntimeException | Error e) {
        ended = true;
        stop();
        throw e;
      }
    }
    if (!ended && !cancelled && sourceEnded && (waiting.isEmpty() || sourceFailure != null)) {
      if (sourceFailure == null) {
        ended = true;
        subscriber.onComplete();
      } else {
        fail(sourceFailure);
      }
    }
  }

  private void fail(Throwable error) {
    if (!ended && !cancelled) {
      ended = true;
      subscriber.onError(error);
    }
  }
}
