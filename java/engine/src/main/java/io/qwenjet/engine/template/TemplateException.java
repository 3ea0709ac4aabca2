// SPDX-License-Identifier: Apache-2.0
// The one exception of the template engine: bad templates, failed renderings, exceeded limits, raise_exception.
package io.qwenjet.engine.template;

/**
 * Tells why a template could not be compiled or rendered, with the template's line where it is known.
 *
 * <p>The message names the construct, what was expected and what came; a template's own {@code raise_exception(text)}
 * arrives as {@link Kind#RAISED} with exactly that text as its message.
 */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong, for callers that treat a refused conversation differently from a broken template. */
    public enum Kind {
        /** The source is not a template this engine understands. */
        SYNTAX,
        /** An operation failed on the given values: wrong type, undefined value, bad argument. */
        EVALUATION,
        /** The template itself refused the input by calling raise_exception. */
        RAISED,
        /** The template tried what Jinja's immutable sandbox forbids. */
        SECURITY,
        /** A limit of {@link TemplateLimits} was reached. */
        LIMIT
    }

    private final Kind kind;
    private final int line;

    TemplateException(Kind kind, int line, String message) {
        super(kind == Kind.RAISED || line <= 0 ? message : "template line " + line + ": " + message);
        this.kind = kind;
        this.line = line;
    }

    /** {@return what went wrong, never null} */
    public Kind kind() {
        return kind;
    }

    /** {@return the line of the template, counted from 1, or 0 when unknown} */
    public int line() {
        return line;
    }
}
