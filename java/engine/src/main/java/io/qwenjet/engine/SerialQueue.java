// SPDX-License-Identifier: Apache-2.0
// Runs actions one after the other, in order, on an executor, without holding a thread while there
// is nothing to do.
package io.qwenjet.engine;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class SerialQueue {
  private static final Logger logger = LoggerFactory.getLogger(SerialQueue.class);

  private final Executor executor;
  private final ConcurrentLinkedQueue<Runnable> actions = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();

  SerialQueue(Executor executor) {
    this.executor = executor;
  }

  void add(Runnable action) {
    actions.add(action);
    if (pending.getAndIncrement() == 0) {
      executor.execute(this::drain);
    }
  }

  private void drain() {
    int done = 0;
    int seen = pending.get();
    while (true) {
      for (; done < seen; done++) {
        try {
          actions.remove().run();
        } catch (RuntimeException | Error e) {
          logger.warn("a callback failed", e);
        }
      }
      seen = pending.addAndGet(-done);
      if (seen == 0) {
        return;
      }
      done = 0;
    }
  }
}
