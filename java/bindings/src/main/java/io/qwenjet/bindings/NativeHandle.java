// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One native object: freed once, never while a call on it runs. Closing from any thread is safe and
 * does not block; when calls are running, the last of them frees the object as it leaves. A handle
 * that is dropped without being closed is freed by a cleaner, which logs the leak, with the stack of
 * its creation when the system property {@code qwenjet.leakDetection} is true.
 */
final class NativeHandle<P> implements AutoCloseable {
  static final String LEAK_DETECTION_PROPERTY = "qwenjet.leakDetection";

  private static final Logger logger = LoggerFactory.getLogger(NativeHandle.class);
  private static final Cleaner cleaner = Cleaner.create();

  private final State<P> state;
  private final Cleaner.Cleanable cleanable;

  /**
   * Takes ownership of {@code pointer}.
   *
   * @param what names the object in messages
   * @param free frees it; must not refer to this handle or its owner
   */
  NativeHandle(String what, P pointer, Consumer<P> free) {
    state = new State<>(what, pointer, free);
    cleanable = cleaner.register(this, state);
  }

  /**
   * Runs a call on the object and keeps it alive meanwhile.
   *
   * @throws NativeException CLOSED when the handle was closed before
   */
  <R> R use(Function<P, R> call) {
    state.enter();
    try {
      return call.apply(state.pointer);
    } finally {
      state.leave();
      Reference.reachabilityFence(this);
    }
  }

  boolean isClosed() {
    return state.isClosed();
  }

  @Override
  public void close() {
    state.close();
    cleanable.clean();
  }

  /** What outlives the handle, so that the cleaner can work. */
  private static final class State<P> implements Runnable {
    /** Set in {@link #uses} beside the count of running calls. */
    private static final int CLOSED = 1 << 30;

    private final String what;
    private final P pointer;
    private final Consumer<P> free;
    private final Throwable created;
    private final AtomicInteger uses = new AtomicInteger();

    State(String what, P pointer, Consumer<P> free) {
      this.what = what;
      this.pointer = pointer;
      this.free = free;
      this.created =
          Boolean.getBoolean(LEAK_DETECTION_PROPERTY) ? new Throwable(what + " created here") : null;
    }

    void enter() {
      int before = uses.get();
      while (true) {
        if ((before & CLOSED) != 0) {
          throw new NativeException(StatusCode.CLOSED, what + " is closed");
        }
        int seen = uses.compareAndExchange(before, before + 1);
        if (seen == before) {
          return;
        }
        before = seen;
      }
    }

    void leave() {
      if (uses.decrementAndGet() == CLOSED) {
        free.accept(pointer);
      }
    }

    boolean isClosed() {
      return (uses.get() & CLOSED) != 0;
    }

    /** True for the one call that closed it. */
    boolean close() {
      int before = uses.getAndUpdate(value -> value | CLOSED);
      if ((before & CLOSED) != 0) {
        return false;
      }
      if (before == 0) {
        free.accept(pointer);
      }
      return true;
    }

    /** The cleaner's turn: a leak, unless the handle was closed. */
    @Override
    public void run() {
      if (close()) {
        if (created != null) {
          logger.warn("leak: {} was never closed", what, created);
        } else {
          logger.warn(
              "leak: {} was never closed; -D{}=true shows where it was created",
              what,
              LEAK_DETECTION_PROPERTY);
        }
      }
    }
  }
}
