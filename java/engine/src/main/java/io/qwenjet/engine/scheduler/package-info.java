// SPDX-License-Identifier: Apache-2.0
/** Decides what runs in a step: admission, pages, batches. Knows tokens, not text. */
package io.qwenjet.engine.scheduler;
