// SPDX-License-Identifier: Apache-2.0
/** Checkpoints of released shapes with random weights, for measuring without a download. */
package io.qwenjet.cli.synthesize;
