// SPDX-License-Identifier: Apache-2.0
// SIGTERM and SIGINT end a run with a checkpoint: the JVM's shutdown waits until it is written. A
// shutdown hook is all that the platform offers for that without internal classes.
package io.qwenjet.train.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

final class SignalStop {
  private static final long WAIT_S = 120;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook;

  /** Runs {@code stop} when the process is asked to end, and holds the end up until {@link #close}. */
  SignalStop(Runnable stop) {
    hook =
        new Thread(
            () -> {
              stop.run();
              try {
                ended.await(WAIT_S, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "qwenjet-stop");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Lets the process end, or go on without the hook. */
  void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The shutdown is under way: the hook has just been let go.
      return;
    }
  }
}
