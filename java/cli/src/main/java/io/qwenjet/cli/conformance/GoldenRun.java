// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli.conformance;

/**
 * What the reference computed on one prompt. Arrays are not to be changed.
 *
 * @param name of the run, for example "len64"
 * @param kind "text", or something that this program does not compute
 * @param promptIds the prompt
 * @param logits of the last numRows prompt positions, float32 arithmetic, row-major
 * @param numRows how many
 * @param generated greedy continuation
 * @param margin gap between best and second logit at each generated token
 * @param hidden final-norm output of every prompt position; null where it was not recorded
 * @param referenceBf16RelErr the reference's own error in bfloat16; NaN where it has none
 * @param logitStd standard deviation of the logits; NaN where it was not recorded
 */
record GoldenRun(
    String name,
    String kind,
    int[] promptIds,
    float[] logits,
    int numRows,
    int[] generated,
    float[] margin,
    float[] hidden,
    double referenceBf16RelErr,
    double logitStd) {}
