// SPDX-License-Identifier: Apache-2.0
// Watches a load that blocks its thread in native code: reports progress, and turns an interrupt of
// the loading thread into a cancellation.
package io.qwenjet.engine.runtime;

import io.qwenjet.bindings.LoadProgress;
import io.qwenjet.engine.LoadListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class LoadWatch implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(LoadWatch.class);
  private static final long PERIOD_MS = 50;

  private final LoadProgress progress;
  private final Thread loader = Thread.currentThread();
  private final Thread watcher;
  private LoadListener listener;
  private volatile boolean ended;

  LoadWatch(LoadProgress progress, LoadListener listener) {
    this.progress = progress;
    this.listener = listener;
    watcher = new Thread(this::watch, "qwenjet-load-watch");
    watcher.setDaemon(true);
    watcher.start();
  }

  /** Reports the last state, which the period may have missed. */
  void finished() {
    stop();
    report();
  }

  @Override
  public void close() {
    stop();
  }

  private void watch() {
    while (!ended) {
      if (loader.isInterrupted()) {
        progress.cancel();
      }
      report();
      try {
        Thread.sleep(PERIOD_MS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void report() {
    if (listener == null) {
      return;
    }
    try {
      listener.onProgress(progress.doneBytes(), progress.totalBytes());
    } catch (RuntimeException e) {
      logger.warn("the load listener failed and hears no more", e);
      listener = null;
    }
  }

  private void stop() {
    ended = true;
    watcher.interrupt();
    boolean interrupted = false;
    while (watcher.isAlive()) {
      try {
        watcher.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      loader.interrupt();
    }
  }
}
