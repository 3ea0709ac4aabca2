// SPDX-License-Identifier: Apache-2.0
// The ways in which results reach callers: futures, callbacks and publishers. Code of callers runs on
// the callback threads of the engine, in order for each request, and never on the engine thread.
package io.qwenjet.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

final class Delivery {
  private Delivery() {}

  /** Completes a future on the engine thread; for futures that only a waiting caller sees. */
  static ChunkSink completing(CompletableFuture<Completion> result) {
    return new ChunkSink() {
      @Override
      public boolean wantsChunks() {
        return false;
      }

      @Override
      public void chunk(Chunk chunk) {
        throw new IllegalStateException("no chunk was asked for");
      }

      @Override
      public void done(Completion completion) {
        result.complete(completion);
      }

      @Override
      public void failed(RuntimeException e) {
        result.completeExceptionally(e);
      }
    };
  }

  static CompletableFuture<Completion> toFuture(
      EngineCore core, InferenceRequest request, Consumer<? super Chunk> listener) {
    CompletableFuture<Completion> result = new CompletableFuture<>();
    SerialQueue calls = new SerialQueue(core.callbacks());
    RequestTask task =
        core.submit(
            request,
            new ChunkSink() {
              @Override
              public boolean wantsChunks() {
                return listener != null;
              }

              @Override
              public void chunk(Chunk chunk) {
                calls.add(
                    () -> {
                      try {
                        if (!result.isDone()) {
                          listener.accept(chunk);
                        }
                      } catch (Throwable t) {
                        result.completeExceptionally(t);
                      }
                    });
              }

              @Override
              public void done(Completion completion) {
                calls.add(() -> result.complete(completion));
              }

              @Override
              public void failed(RuntimeException e) {
                calls.add(() -> result.completeExceptionally(e));
              }
            });
    // Whoever completes the future first, cancel() and orTimeout() included, ends the request;
    // after its own end this does nothing.
    result.whenComplete((completion, error) -> task.cancel());
    return result;
  }

  static void subscribe(
      EngineCore core, InferenceRequest request, Flow.Subscriber<? super Chunk> subscriber) {
    ChunkSubscription subscription =
        new ChunkSubscription(subscriber, new SerialQueue(core.callbacks()));
    subscription.start(() -> core.submit(request, subscription), core::wake);
  }

  /**
   * The exception to throw to a waiting caller: what failed on the engine thread, with its stack,
   * and the caller's own stack beside it.
   */
  static RuntimeException rethrown(Throwable failure) {
    Throwable copy = failure;
    if (failure instanceof EngineClosedException) {
      copy = new EngineClosedException(failure.getMessage(), failure.getCause());
    } else if (failure instanceof CancelledException cancelled) {
      copy =
          new CancelledException(
              cancelled.getMessage(), cancelled.nativeMessage(), cancelled.getCause());
    }
    if (copy instanceof Error error) {
      throw error;
    }
    return (RuntimeException) copy;
  }
}
