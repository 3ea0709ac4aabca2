// SPDX-License-Identifier: Apache-2.0
// Reads one call from a growing buffer, going on where it stopped, so that long arguments cost linear time.
package io.qwenjet.engine.output;

import io.qwenjet.engine.ToolCall;

interface CallReader {
    enum Result { INCOMPLETE, COMPLETE, NO_CALL }

    /** {@code atEnd} says that no more text will come; the result is then never INCOMPLETE. */
    Result read(StringBuilder buffer, boolean atEnd);

    /** The call, once COMPLETE. */
    ToolCall call();

    /** Where the call ends in the buffer, its closing tool_call tag not included. */
    int end();

    static int skipSpace(CharSequence text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
