// SPDX-License-Identifier: Apache-2.0
// The typed parts that generated text is taken apart into.
package io.qwenjet.engine.output;

import io.qwenjet.engine.ToolCall;

/** A part of what the model wrote; parts of one kind in a row are to be joined by the reader. */
public sealed interface OutputPart {
    /** Text inside the think block, without the tags and the line breaks next to them. */
    record Reasoning(String text) implements OutputPart {}

    /** Text for the user. */
    record Content(String text) implements OutputPart {}

    /** A complete tool call. */
    record Call(ToolCall call) implements OutputPart {}
}
