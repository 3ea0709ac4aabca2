// SPDX-License-Identifier: Apache-2.0
/** Scores a model with frozen items, through the engine. */
package io.qwenjet.eval;
