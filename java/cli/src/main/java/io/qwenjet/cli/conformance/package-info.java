// SPDX-License-Identifier: Apache-2.0
/** Comparison of a checkpoint with what the reference implementation computed on it. */
package io.qwenjet.cli.conformance;
