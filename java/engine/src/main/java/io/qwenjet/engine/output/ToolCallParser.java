// SPDX-License-Identifier: Apache-2.0
// Finds tool calls in content as it streams. Content before a possible tag goes out at once; from the tag on text is
// held until it is a call, or cannot be one and is content after all.
package io.qwenjet.engine.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Turns content into text and complete tool calls.
 *
 * <p>Tolerates what models do: a missing closing tag at the end, several calls in a row, arguments given as a string or
 * under the name parameters, and in the XML form a missing opening tag. Line breaks next to calls are dropped. What
 * looked like a call and was none comes out as content, unchanged. Not safe for use by several threads.
 */
public final class ToolCallParser {
    /** How the model writes calls. */
    public enum Format {
        /** A JSON object between tool_call tags (Qwen2.5, Qwen3). */
        HERMES,
        /** Function and parameter tags between tool_call tags (Qwen3-Coder, Qwen3.5). */
        CODER
    }

    static final String OPEN = "<tool_call>";
    static final String CLOSE = "</tool_call>";
    static final String FUNCTION = "<function=";

    private final Format format;
    private final ToolSchemas schemas;
    private final StringBuilder buffer = new StringBuilder();
    // Line breaks that are content only if more content follows.
    private String breaks = "";
    private CallReader reader;
    private boolean inCall;
    private boolean expectsClosingTag;
    private boolean followsCall;

    /**
     * Creates a parser for one generated text.
     *
     * @param format how the model writes calls
     * @param tools the tools of the request as OpenAI objects, whose schemas give the XML form's values their types;
     *     may be empty
     */
    public ToolCallParser(Format format, List<? extends Map<String, ?>> tools) {
        this.format = Objects.requireNonNull(format, "format");
        this.schemas = new ToolSchemas(tools);
    }

    /** Returns the parts that are certain now. */
    public List<OutputPart> accept(String text) {
        buffer.append(text);
        return advance(false);
    }

    /** Returns what is left; call it once, when generation has ended. */
    public List<OutputPart> finish() {
        List<OutputPart> parts = advance(true);
        if (!breaks.isEmpty()) {
            parts.add(new OutputPart.Content(breaks));
            breaks = "";
        }
        return parts;
    }

    private List<OutputPart> advance(boolean atEnd) {
        List<OutputPart> parts = new ArrayList<>();
        boolean goesOn = true;
        while (goesOn) {
            goesOn = inCall ? readCall(atEnd, parts) : readContent(atEnd, parts);
        }
        return parts;
    }

    /** Emits content up to the next tag; true when a tag was found. */
    private boolean readContent(boolean atEnd, List<OutputPart> parts) {
        if (expectsClosingTag && !skipClosingTag(atEnd)) {
            return false;
        }
        int at = buffer.indexOf(OPEN);
        if (format == Format.CODER) {
            int function = buffer.indexOf(FUNCTION);
            at = at < 0 || (function >= 0 && function < at) ? function : at;
        }
        inCall = at >= 0;
        reader = null;
        int certain = inCall ? at : buffer.length() - (atEnd ? 0 : possibleTag());
        emit(certain, parts);
        return inCall;
    }

    private int possibleTag() {
        int open = ReasoningParser.prefixAtEnd(buffer, OPEN);
        return format == Format.CODER ? Math.max(open, ReasoningParser.prefixAtEnd(buffer, FUNCTION)) : open;
    }

    /** Drops the closing tag of the call just read; false while more text is needed to tell. */
    private boolean skipClosingTag(boolean atEnd) {
        int begin = CallReader.skipSpace(buffer, 0);
        String rest = buffer.substring(begin, Math.min(buffer.length(), begin + CLOSE.length()));
        if (!atEnd && !rest.equals(CLOSE) && CLOSE.startsWith(rest)) {
            return false;
        }
        if (CLOSE.startsWith(rest)) {
            buffer.delete(0, begin + rest.length());
        }
        expectsClosingTag = false;
        return true;
    }

    /** Reads on in a possible call; true when it turned out to be one, or not. */
    private boolean readCall(boolean atEnd, List<OutputPart> parts) {
        boolean tagged = buffer.indexOf(OPEN) == 0;
        if (reader == null) {
            int begin = CallReader.skipSpace(buffer, tagged ? OPEN.length() : 0);
            if (begin >= buffer.length() && !atEnd) {
                return false;
            }
            boolean isJson = tagged && begin < buffer.length() && buffer.charAt(begin) == '{';
            reader = isJson ? new HermesCall(begin) : new CoderCall(begin, schemas);
        }
        CallReader.Result result = reader.read(buffer, atEnd);
        inCall = result == CallReader.Result.INCOMPLETE;
        if (result == CallReader.Result.COMPLETE) {
            breaks = "";
            parts.add(new OutputPart.Call(reader.call()));
            buffer.delete(0, reader.end());
            expectsClosingTag = true;
            followsCall = true;
        } else if (result == CallReader.Result.NO_CALL) {
            // Only the tag itself is given up: a real call may follow in the same text.
            emit(tagged ? OPEN.length() : FUNCTION.length(), parts);
        }
        return !inCall;
    }

    /** Moves this many characters of the buffer to the content. */
    private void emit(int count, List<OutputPart> parts) {
        int begin = followsCall ? Math.min(count, CallReader.skipSpace(buffer, 0)) : 0;
        String text = breaks + buffer.substring(begin, count);
        buffer.delete(0, count);
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '\n') {
            end--;
        }
        breaks = text.substring(end);
        followsCall &= text.isEmpty();
        if (end > 0) {
            parts.add(new OutputPart.Content(text.substring(0, end)));
        }
    }
}
