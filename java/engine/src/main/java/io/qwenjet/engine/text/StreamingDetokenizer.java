// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.text;

/**
 * The text of a growing sequence of token ids, piece by piece, never splitting a character: the pieces, with that of
 * {@link #flush()} at the end, concatenate to what {@link Tokenizer#decode} gives for the whole sequence.
 *
 * <p>Bytes of an unfinished character (three at most) are held back until it is finished or shown to be ill-formed, which gives
 * U+FFFD. For one thread at a time; one object for each sequence. Made by {@link Tokenizer#detokenizer}.
 */
public final class StreamingDetokenizer {
    private final Tokenizer tokenizer;
    private final boolean skipSpecialTokens;
    private final Utf8Decoder decoder = new Utf8Decoder();
    private final StringBuilder text = new StringBuilder();

    StreamingDetokenizer(Tokenizer tokenizer, boolean skipSpecialTokens) {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /**
     * The characters that this token finishes; empty when it finishes none, is skipped, or has no text (as the unused rows at the
     * end of a vocabulary).
     *
     * @throws IllegalArgumentException if {@code id} is negative
     */
    public String push(int id) {
        tokenizer.decodeInto(id, skipSpecialTokens, decoder, text);
        return take();
    }

    /** What is still held back, as U+FFFD, or an empty string. The object can then be used for another sequence. */
    public String flush() {
        decoder.finish(text);
        return take();
    }

    private String take() {
        if (text.length() == 0) {
            return "";
        }
        String piece = text.toString();
        text.setLength(0);
        return piece;
    }
}
