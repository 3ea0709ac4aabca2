// SPDX-License-Identifier: Apache-2.0
// The steps before the merges of a Qwen3 tokenizer, for whoever trains a vocabulary: normalisation and
// the published split, the same code that encoding runs.
package io.qwenjet.engine.text;

import io.qwenjet.engine.text.Splitter.Contractions;
import io.qwenjet.engine.text.Splitter.PrefixedWords;

/**
 * Cuts text into pretokens as published Qwen3 tokenizers do: NFC, then their split pattern with single digits.
 *
 * <p>Safe for any number of threads. No argument may be null ({@link NullPointerException}).
 */
public final class Pretokenizer {
    private static final PrefixedWords QWEN3 = new PrefixedWords(Contractions.ANY_CASE, 1, false);

    private Pretokenizer() {}

    /** The split pattern as tokenizer.json writes it. */
    public static String pattern() {
        return SplitPatterns.regexOf(QWEN3);
    }

    /** The text in normalisation form C; the text itself when it is in that form already. */
    public static String normalize(String text) {
        return NfcNormalizer.normalize(text);
    }

    /**
     * The end of the pretoken that starts at {@code pos}.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= pos < end <= text.length}
     */
    public static int next(char[] text, int pos, int end) {
        if (pos < 0 || pos >= end || end > text.length) {
            throw new IndexOutOfBoundsException("expected 0 <= pos < end <= " + text.length + ", got " + pos + " and " + end);
        }
        return QWEN3.next(text, pos, end);
    }
}
