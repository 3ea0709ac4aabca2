// SPDX-License-Identifier: Apache-2.0
// The JSON schemas of a request's tools, as far as they say which type a parameter has.
package io.qwenjet.engine.output;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

final class ToolSchemas {
    // Schemas come with requests; a deeper anyOf is not followed.
    private static final int MAX_DEPTH = 8;

    private final List<? extends Map<String, ?>> tools;

    ToolSchemas(List<? extends Map<String, ?>> tools) {
        this.tools = List.copyOf(tools);
    }

    /** The value of a parameter that was written as plain text. */
    JsonNode convert(String function, String parameter, String text) {
        Set<String> types = types(function, parameter);
        boolean isNull = text.strip().equals("null");
        if (isNull && (types.contains("null") || (!types.isEmpty() && !types.contains("string")))) {
            return OutputJson.MAPPER.nullNode();
        }
        if (types.isEmpty() || types.contains("string")) {
            return TextNode.valueOf(text);
        }
        String lower = text.strip().toLowerCase(Locale.ROOT);
        if (types.contains("boolean") && (lower.equals("true") || lower.equals("false"))) {
            return OutputJson.MAPPER.getNodeFactory().booleanNode(lower.equals("true"));
        }
        JsonNode value = OutputJson.parseOrNull(text);
        return value != null && fits(value, types) ? value : TextNode.valueOf(text);
    }

    private static boolean fits(JsonNode value, Set<String> types) {
        return switch (value.getNodeType()) {
            case NUMBER -> types.contains("number") || types.contains("integer");
            case OBJECT -> types.contains("object");
            case ARRAY -> types.contains("array");
            case BOOLEAN -> types.contains("boolean");
            default -> false;
        };
    }

    private Set<String> types(String function, String parameter) {
        Set<String> types = new LinkedHashSet<>();
        for (Map<String, ?> tool : tools) {
            Map<?, ?> declared = tool.get("function") instanceof Map<?, ?> inner ? inner : tool;
            if (function.equals(declared.get("name")) && declared.get("parameters") instanceof Map<?, ?> schema
                    && schema.get("properties") instanceof Map<?, ?> properties) {
                collect(properties.get(parameter), types, 0);
            }
        }
        return types;
    }

    private static void collect(Object schema, Set<String> types, int depth) {
        if (!(schema instanceof Map<?, ?> map) || depth > MAX_DEPTH) {
            return;
        }
        if (map.get("type") instanceof String type) {
            types.add(type);
        } else if (map.get("type") instanceof Collection<?> several) {
            several.forEach(type -> types.add(String.valueOf(type)));
        }
        for (String choice : List.of("anyOf", "oneOf", "allOf")) {
            if (map.get(choice) instanceof Collection<?> several) {
                several.forEach(one -> collect(one, types, depth + 1));
            }
        }
    }
}
