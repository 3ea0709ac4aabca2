// SPDX-License-Identifier: Apache-2.0
/**
 * Runs of training: the recipe, the loop over steps, checkpoints that a run continues from bit for
 * bit, metrics and their plot. Knows the model and the data by the interfaces {@link
 * io.qwenjet.train.run.StepMachine} and {@link io.qwenjet.train.run.StepData} alone.
 */
package io.qwenjet.train.run;
