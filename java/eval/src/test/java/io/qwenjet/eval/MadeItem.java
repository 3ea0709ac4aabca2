// SPDX-License-Identifier: Apache-2.0
// A line of a frozen file, and what the comparison with the training text needs.
package io.qwenjet.eval;

/**
 * An item as its maker wrote it.
 *
 * @param line the item's line of JSON
 * @param draft the last message, with its skeleton
 */
record MadeItem(String line, Draft draft) {}
