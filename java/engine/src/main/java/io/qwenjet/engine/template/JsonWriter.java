// SPDX-License-Identifier: Apache-2.0
// The tojson filter as chat templates expect it: json.dumps with insertion order and no escaping beyond JSON's own.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class JsonWriter {
    private final StringBuilder out = new StringBuilder();
    private final RenderState state;
    private final boolean ensureAscii;
    private final String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sortKeys;

    private JsonWriter(RenderState state, boolean ensureAscii, String indent, String itemSeparator, String keySeparator,
            boolean sortKeys) {
        this.state = state;
        this.ensureAscii = ensureAscii;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sortKeys = sortKeys;
    }

    static String filter(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        String indent = a[1] == Arguments.ABSENT || a[1] == null ? null : indentation(a[1], state);
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (a[2] != Arguments.ABSENT && a[2] != null) {
            List<Object> pair = Values.elements(a[2], state);
            if (pair.size() != 2 || Values.text(pair.get(0)) == null || Values.text(pair.get(1)) == null) {
                throw state.error("tojson separators must be two strings");
            }
            item = Values.text(pair.get(0));
            key = Values.text(pair.get(1));
        }
        JsonWriter writer = new JsonWriter(state, a[0] != Arguments.ABSENT && Values.truth(a[0]), indent, item, key,
                a[3] != Arguments.ABSENT && Values.truth(a[3]));
        writer.write(value, 0);
        return writer.out.toString();
    }

    private static String indentation(Object indent, RenderState state) {
        if (Values.text(indent) != null) {
            return Values.text(indent);
        }
        if (Numbers.of(indent) instanceof Long width) {
            state.reserveText(Math.max(0, width));
            return " ".repeat((int) Math.max(0, width));
        }
        throw state.error("tojson indent must be an integer or a string, got " + Values.typeName(indent));
    }

    private void write(Object value, int level) {
        int before = out.length();
        if (value == null) {
            out.append("null");
        } else if (value instanceof Boolean b) {
            out.append(b);
        } else if (value instanceof Number n) {
            out.append(number(n));
        } else if (Values.text(value) != null) {
            writeText(Values.text(value));
        } else {
            state.enter();
            if (value instanceof Map<?, ?> map) {
                writeMap(map, level);
            } else if (value instanceof List<?> list && !(value instanceof Range)) {
                writeList(list, level);
            } else {
                throw state.error("Object of type " + Values.typeName(value) + " is not JSON serializable");
            }
            state.leave();
            return;
        }
        state.reserveGrowth(before, out.length());
    }

    private static String number(Number n) {
        if (n instanceof Double d && !Double.isFinite(d)) {
            return Double.isNaN(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
        }
        return Numbers.text(n);
    }

    private void writeList(List<?> list, int level) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (int i = 0; i < list.size(); i++) {
            out.append(i == 0 ? "" : itemSeparator);
            newLine(level + 1);
            write(list.get(i), level + 1);
        }
        newLine(level);
        out.append(']');
    }

    private void writeMap(Map<?, ?> map, int level) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (sortKeys) {
            entries = Sorting.sort(entries, Map.Entry::getKey, false, state);
        }
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : entries) {
            out.append(separator);
            newLine(level + 1);
            writeKey(entry.getKey());
            out.append(keySeparator);
            write(entry.getValue(), level + 1);
            separator = itemSeparator;
        }
        newLine(level);
        out.append('}');
    }

    private void writeKey(Object key) {
        if (Values.text(key) != null) {
            writeText(Values.text(key));
        } else if (key == null || key instanceof Boolean) {
            out.append('"').append(key).append('"');
        } else if (key instanceof Number n) {
            out.append('"').append(number(n)).append('"');
        } else {
            throw state.error("keys must be str, int, float, bool or None, not " + Values.typeName(key));
        }
    }

    private void newLine(int level) {
        if (indent != null) {
            state.reserveGrowth(out.length(), out.length() + (long) indent.length() * level);
            out.append('\n').append(indent.repeat(level));
        }
    }

    private void writeText(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < 0x20 || (ensureAscii && c > '~')) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
