// SPDX-License-Identifier: Apache-2.0
// The XML form of a call. A parameter ends at the first closing tag that is followed by something that may follow a
// parameter, so that values may talk about the tags.
package io.qwenjet.engine.output;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.engine.ToolCall;

final class CoderCall implements CallReader {
    private static final String PARAMETER = "<parameter=";
    private static final String END_PARAMETER = "</parameter>";
    private static final String END_FUNCTION = "</function>";
    private static final String[] AFTER_PARAMETER = {PARAMETER, END_FUNCTION, ToolCallParser.CLOSE};

    private final ToolSchemas schemas;
    private final ObjectNode arguments = OutputJson.MAPPER.createObjectNode();
    private int at;
    private int searchFrom;
    private String function;
    private String parameter;
    private String name;
    private boolean isClosed;

    CoderCall(int begin, ToolSchemas schemas) {
        this.at = begin;
        this.schemas = schemas;
    }

    @Override
    public Result read(StringBuilder buffer, boolean atEnd) {
        Result step = Result.COMPLETE;
        while (step == Result.COMPLETE && !isClosed) {
            step = function == null ? readFunction(buffer) : parameter == null ? readBetween(buffer, atEnd)
                    : readValue(buffer, atEnd);
        }
        return step == Result.INCOMPLETE && atEnd ? Result.NO_CALL : step;
    }

    private Result readFunction(CharSequence buffer) {
        Result result = readName(buffer, ToolCallParser.FUNCTION);
        if (result == Result.COMPLETE) {
            function = name;
        }
        return result;
    }

    private Result readBetween(CharSequence buffer, boolean atEnd) {
        int begin = CallReader.skipSpace(buffer, at);
        if (startsWith(buffer, begin, END_FUNCTION)) {
            isClosed = true;
            at = begin + END_FUNCTION.length();
            return Result.COMPLETE;
        }
        if (startsWith(buffer, begin, ToolCallParser.CLOSE)) {
            isClosed = true;
            at = begin;
            return Result.COMPLETE;
        }
        if (atEnd && !arguments.isEmpty() && mayStart(buffer, begin, END_FUNCTION, ToolCallParser.CLOSE)) {
            isClosed = true;
            at = buffer.length();
            return Result.COMPLETE;
        }
        if (!startsWith(buffer, begin, PARAMETER)) {
            return mayStart(buffer, begin, AFTER_PARAMETER) ? Result.INCOMPLETE : Result.NO_CALL;
        }
        at = begin;
        Result result = readName(buffer, PARAMETER);
        if (result == Result.COMPLETE) {
            parameter = name;
            searchFrom = at;
        }
        return result;
    }

    private Result readValue(StringBuilder text, boolean atEnd) {
        while (true) {
            int close = text.indexOf(END_PARAMETER, searchFrom);
            if (close < 0) {
                searchFrom = Math.max(searchFrom, text.length() - END_PARAMETER.length() + 1);
                return Result.INCOMPLETE;
            }
            searchFrom = close;
            int next = CallReader.skipSpace(text, close + END_PARAMETER.length());
            boolean follows = false;
            for (String tag : AFTER_PARAMETER) {
                follows |= startsWith(text, next, tag);
            }
            if (!follows && mayStart(text, next, AFTER_PARAMETER)) {
                if (!atEnd) {
                    return Result.INCOMPLETE;
                }
                follows = true;
            }
            if (follows) {
                arguments.set(parameter, schemas.convert(function, parameter, trimBreaks(text.substring(at, close))));
                parameter = null;
                at = close + END_PARAMETER.length();
                return Result.COMPLETE;
            }
            searchFrom = close + 1;
        }
    }

    /** Reads {@code <tag=name>}; names have no line breaks and no tags in them. */
    private Result readName(CharSequence buffer, String tag) {
        if (!startsWith(buffer, at, tag)) {
            return mayStart(buffer, at, tag) ? Result.INCOMPLETE : Result.NO_CALL;
        }
        int begin = at + tag.length();
        for (int end = begin; end < buffer.length(); end++) {
            char c = buffer.charAt(end);
            if (c == '\n' || c == '<') {
                return Result.NO_CALL;
            }
            if (c == '>') {
                name = buffer.subSequence(begin, end).toString().strip();
                at = end + 1;
                return name.isEmpty() ? Result.NO_CALL : Result.COMPLETE;
            }
        }
        return Result.INCOMPLETE;
    }

    private static String trimBreaks(String value) {
        int begin = value.startsWith("\n") ? 1 : 0;
        int end = value.length() - (value.length() > begin && value.endsWith("\n") ? 1 : 0);
        return value.substring(begin, end);
    }

    private static boolean startsWith(CharSequence text, int from, String tag) {
        return from + tag.length() <= text.length() && tag.contentEquals(text.subSequence(from, from + tag.length()));
    }

    /** Whether what is left of the text is a proper beginning of one of the tags. */
    private static boolean mayStart(CharSequence text, int from, String... tags) {
        for (String tag : tags) {
            int length = text.length() - from;
            if (length < tag.length() && tag.startsWith(text.subSequence(from, text.length()).toString())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public ToolCall call() {
        return new ToolCall(function, arguments.toString());
    }

    @Override
    public int end() {
        return at;
    }
}
