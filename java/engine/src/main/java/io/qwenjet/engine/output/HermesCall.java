// SPDX-License-Identifier: Apache-2.0
// The JSON form of a call. Braces outside of strings tell where it ends, so a closing tag inside an argument does not.
package io.qwenjet.engine.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.qwenjet.engine.ToolCall;

final class HermesCall implements CallReader {
    private final int begin;
    private int at;
    private int depth;
    private boolean inString;
    private boolean escaped;
    private ToolCall call;

    HermesCall(int begin) {
        this.begin = begin;
        this.at = begin;
    }

    @Override
    public Result read(StringBuilder buffer, boolean atEnd) {
        while (at < buffer.length()) {
            char c = buffer.charAt(at++);
            if (escaped) {
                escaped = false;
            } else if (inString) {
                escaped = c == '\\';
                inString = c != '"';
            } else if (c == '"') {
                inString = true;
            } else if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
                if (depth == 0) {
                    call = parse(buffer.substring(begin, at));
                    return call == null ? Result.NO_CALL : Result.COMPLETE;
                }
            } else if (c == '<') {
                // Not JSON: most likely the closing tag of a call that was never finished.
                return Result.NO_CALL;
            }
        }
        return atEnd ? Result.NO_CALL : Result.INCOMPLETE;
    }

    private static ToolCall parse(String json) {
        JsonNode node;
        try {
            node = OutputJson.MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            return null;
        }
        JsonNode name = node.get("name");
        if (name == null || !name.isTextual() || name.textValue().isEmpty()) {
            return null;
        }
        JsonNode arguments = node.has("arguments") ? node.get("arguments") : node.get("parameters");
        if (arguments == null || arguments.isNull()) {
            return new ToolCall(name.textValue(), "{}");
        }
        return new ToolCall(name.textValue(), arguments.isTextual() ? arguments.textValue() : arguments.toString());
    }

    @Override
    public ToolCall call() {
        return call;
    }

    @Override
    public int end() {
        return at;
    }
}
