// SPDX-License-Identifier: Apache-2.0
// How far the opening of a model is, for progress bars.
package io.qwenjet.engine;

/** Hears how far the loading of weights is; called on a thread of the engine, some times a second. */
@FunctionalInterface
public interface LoadListener {
  /**
   * Takes a state of progress. What it throws is logged and ends the reports, not the loading.
   *
   * @param doneBytes bytes of weights that are loaded
   * @param totalBytes bytes of weights in all; 0 while unknown
   */
  void onProgress(long doneBytes, long totalBytes);
}
