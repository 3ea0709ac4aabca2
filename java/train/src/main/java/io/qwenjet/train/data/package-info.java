// SPDX-License-Identifier: Apache-2.0
/** What the trainer reads: packed batches of tokens and where they come from. */
package io.qwenjet.train.data;
