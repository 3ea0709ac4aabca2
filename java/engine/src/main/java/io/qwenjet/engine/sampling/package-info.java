// SPDX-License-Identifier: Apache-2.0
/** Chooses tokens from the candidates of a step: penalties, cuts, draws, log probabilities. */
package io.qwenjet.engine.sampling;
