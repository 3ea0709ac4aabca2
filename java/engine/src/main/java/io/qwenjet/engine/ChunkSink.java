// SPDX-License-Identifier: Apache-2.0
// Where a request's output goes. Called by the engine thread, so nothing here may block or run code
// of the caller.
package io.qwenjet.engine;

interface ChunkSink {
  /** False where pieces are not wanted, so that none are made. */
  default boolean wantsChunks() {
    return true;
  }

  /** False while the consumer is behind: the sequence then pauses. */
  default boolean ready() {
    return true;
  }

  void chunk(Chunk chunk);

  void done(Completion completion);

  void failed(RuntimeException e);
}
