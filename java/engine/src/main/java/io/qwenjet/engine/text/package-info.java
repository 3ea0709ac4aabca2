// SPDX-License-Identifier: Apache-2.0
/**
 * Text to token ids and back: byte-level byte-pair tokenizers read from tokenizer.json or from GGUF metadata.
 *
 * <p>The way from text to ids is one class a step: {@code AddedTokenMatcher} cuts out the added tokens, {@code NfcNormalizer}
 * normalises what is between them, a {@code Splitter} cuts that into pretokens, and {@code BytePairEncoder} merges the bytes of
 * each pretoken into ids. {@link io.qwenjet.engine.text.Tokenizer} is the public face.
 */
package io.qwenjet.engine.text;
