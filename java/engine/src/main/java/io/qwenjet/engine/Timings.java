// SPDX-License-Identifier: Apache-2.0
// Where the time of a request went. Native time is that of the steps the request took part in; other
// requests may have shared them.
package io.qwenjet.engine;

/**
 * How long a request took, in seconds.
 *
 * @param queuedS from submission until its first step began
 * @param firstTokenS from submission until the first token was sampled; NaN if there was none
 * @param totalS from submission until the end
 * @param promptTokensPerS prompt tokens over the time from its first step to the first token; NaN if
 *     there was no token
 * @param decodeTokensPerS tokens after the first, of all choices, over the time after the first; NaN
 *     if there was only one
 * @param nativeS time inside native calls of the steps that it took part in
 * @param stepS time of these steps in all, scheduling and sampling included
 */
public record Timings(
    double queuedS,
    double firstTokenS,
    double totalS,
    double promptTokensPerS,
    double decodeTokensPerS,
    double nativeS,
    double stepS) {
  /**
   * Returns the share of step time that was spent outside native calls.
   *
   * @return 0 to 1; NaN if there was no step
   */
  public double javaShare() {
    return (stepS - nativeS) / stepS;
  }
}
