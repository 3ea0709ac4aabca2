// SPDX-License-Identifier: Apache-2.0
// A streamed answer for a consumer that pulls: the engine thread puts chunks into a queue, the
// consumer takes them. The queue is bounded by the request's max_tokens.
package io.qwenjet.engine;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The pieces of an answer as they come. For one consuming thread; {@link #cancel()} and {@link
 * #close()} may be called from any. Waiting is interruptible: an interrupt cancels the request and
 * throws {@link CancelledException}.
 */
public final class TokenStream implements Iterable<Chunk>, AutoCloseable {
  private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
  private RequestTask task;
  private volatile boolean closed;
  private Chunk next;
  private Completion completion;
  private RuntimeException failure;

  TokenStream() {}

  void attach(RequestTask task) {
    this.task = task;
  }

  ChunkSink sink() {
    return new ChunkSink() {
      @Override
      public void chunk(Chunk chunk) {
        events.add(chunk);
      }

      @Override
      public void done(Completion completion) {
        events.add(completion);
      }

      @Override
      public void failed(RuntimeException e) {
        events.add(e);
      }
    };
  }

  /**
   * Says whether a further piece comes; waits until that is known.
   *
   * @return false at the end of the answer
   * @throws CancelledException if the waiting thread is interrupted
   * @throws EngineClosedException if the engine is closed meanwhile, or this stream was
   */
  public boolean hasNext() {
    if (next == null && completion == null && failure == null) {
      take();
    }
    if (next == null && failure != null) {
      throw Delivery.rethrown(failure);
    }
    return next != null;
  }

  /**
   * Returns the next piece; waits for it.
   *
   * @return the piece
   * @throws NoSuchElementException at the end of the answer
   */
  public Chunk next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the answer has ended");
    }
    Chunk chunk = next;
    next = null;
    return chunk;
  }

  /**
   * Returns the rest of the stream for a loop; there is one pass only.
   *
   * @return an iterator over the pieces that are still to come
   */
  @Override
  public Iterator<Chunk> iterator() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return TokenStream.this.hasNext();
      }

      @Override
      public Chunk next() {
        return TokenStream.this.next();
      }
    };
  }

  /**
   * Returns the finished result; skips pieces that were not taken and waits for the end.
   *
   * @return the whole answer
   * @throws CancelledException if the waiting thread is interrupted
   */
  public Completion completion() {
    while (hasNext()) {
      next = null;
    }
    return completion;
  }

  /**
   * Ends the answer before its time. Pieces up to the end are still delivered; the finish reason is
   * {@link FinishReason#CANCELLED}.
   */
  public void cancel() {
    task.cancel();
  }

  /** Cancels if the answer has not ended. Later calls for pieces throw; closing again does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      task.cancel();
      events.add(new EngineClosedException("this stream was closed"));
    }
  }

  private void take() {
    Object event;
    try {
      event = closed ? new EngineClosedException("this stream was closed") : events.take();
    } catch (InterruptedException e) {
      task.cancel();
      Thread.currentThread().interrupt();
      event = new CancelledException("the thread that waited for the stream was interrupted");
    }
    if (event instanceof Chunk chunk) {
      next = chunk;
    } else if (event instanceof Completion whole) {
      completion = whole;
    } else {
      failure = (RuntimeException) event;
    }
  }
}
