// SPDX-License-Identifier: Apache-2.0
/**
 * Makes byte-level BPE vocabularies and writes them in the published format.
 *
 * <p>{@link io.qwenjet.train.tokenizer.BpeTrainer} counts pretokens and learns merges, {@link
 * io.qwenjet.train.tokenizer.BpeModel} is what it learns and what tokenizer.json holds, {@link
 * io.qwenjet.train.tokenizer.BpeEncoder} encodes with BPE-dropout, {@link
 * io.qwenjet.train.tokenizer.TokenizerFiles} reads and writes the files.
 */
package io.qwenjet.train.tokenizer;
