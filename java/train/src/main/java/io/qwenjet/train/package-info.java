// SPDX-License-Identifier: Apache-2.0
/** Trains models of the Qwen3 graph on libtorch. */
package io.qwenjet.train;
