// SPDX-License-Identifier: Apache-2.0
// A function call that a model wrote.
package io.qwenjet.engine;

import java.util.Objects;

/**
 * One call of a tool, as the model asked for it; nothing has been executed or checked against the tool's schema.
 *
 * @param name function name, not null
 * @param argumentsJson arguments as JSON text, normally an object; the model's own text where it gave a string, so it
 *     may be malformed; not null
 */
public record ToolCall(String name, String argumentsJson) {
    /** Checks for null. */
    public ToolCall {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(argumentsJson, "argumentsJson");
    }
}
