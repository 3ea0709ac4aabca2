// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.text;

/**
 * A tokenizer file or GGUF vocabulary that cannot be used, saying which one, what was expected and what came.
 *
 * <p>Unchecked and immutable. Thrown only while a {@link Tokenizer} is being made, never while text is encoded or decoded.
 */
public final class TokenizerFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_SHOWN_CHARS = 200;

    TokenizerFormatException(String source, String problem) {
        super(source + ": " + problem);
    }

    TokenizerFormatException(String source, String problem, Throwable cause) {
        super(source + ": " + problem, cause);
    }

    static TokenizerFormatException expected(String source, String expected, String got) {
        return new TokenizerFormatException(source, "expected " + expected + ", got " + shorten(got));
    }

    /** Hostile files hold long values; a message must stay readable. */
    static String shorten(String value) {
        return value.length() <= MAX_SHOWN_CHARS ? value : value.substring(0, MAX_SHOWN_CHARS) + "...";
    }
}
