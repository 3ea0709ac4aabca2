// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import io.qwenjet.bindings.capi.qj_progress;

/**
 * How far a running {@link NativeCheckpoint#openModel} is. Read and cancelled from any thread; close
 * it after that call has returned.
 */
public final class LoadProgress implements AutoCloseable {
  private final NativeHandle<qj_progress> handle;

  /** Made before the load that it watches. */
  public LoadProgress() {
    NativeLibrary.load();
    qj_progress progress = new qj_progress();
    NativeLibrary.check(QwenjetC.qj_progress_create(progress));
    handle = new NativeHandle<>("load progress", progress, QwenjetC::qj_progress_free);
  }

  /** Bytes of weights loaded so far. */
  public long doneBytes() {
    return read(0);
  }

  /** Bytes of weights to load; 0 until the load knows. */
  public long totalBytes() {
    return read(1);
  }

  /** Makes the load end with CANCELLED soon. */
  public void cancel() {
    handle.use(
        progress -> {
          QwenjetC.qj_progress_cancel(progress);
          return null;
        });
  }

  @Override
  public void close() {
    handle.close();
  }

  NativeHandle<qj_progress> handle() {
    return handle;
  }

  private long read(int which) {
    return handle.use(
        progress -> {
          long[] done = new long[1];
          long[] total = new long[1];
          QwenjetC.qj_progress_read(progress, done, total);
          return which == 0 ? done[0] : total[0];
        });
  }
}
