// SPDX-License-Identifier: Apache-2.0
// Counters of an engine since it opened, for benchmarks and gauges.
package io.qwenjet.engine;

/**
 * What an engine has done so far; a snapshot.
 *
 * @param steps steps that were run
 * @param promptTokens prompt tokens that were computed
 * @param generatedTokens tokens that were sampled
 * @param stepS seconds of these steps in all, scheduling and sampling included
 * @param nativeS seconds of these steps inside native calls
 * @param runningSequences answers that run now
 * @param waitingRequests requests that wait for room
 * @param usedPages KV pages in use
 * @param numPages KV pages in all
 */
public record EngineStats(
    long steps,
    long promptTokens,
    long generatedTokens,
    double stepS,
    double nativeS,
    int runningSequences,
    int waitingRequests,
    int usedPages,
    int numPages) {
  /**
   * Returns the share of step time that was spent outside native calls.
   *
   * @return 0 to 1; NaN before the first step
   */
  public double javaShare() {
    return (stepS - nativeS) / stepS;
  }
}
