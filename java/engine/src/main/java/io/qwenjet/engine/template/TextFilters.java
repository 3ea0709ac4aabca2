// SPDX-License-Identifier: Apache-2.0
// Filters whose input is taken as text.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Filters.Filter;
import io.qwenjet.engine.template.Values.Markup;
import io.qwenjet.engine.template.Values.Tuple;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class TextFilters {
    private static final Pattern WORD_BREAK = Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern WORD = Pattern.compile("\\w++", Pattern.UNICODE_CHARACTER_CLASS);

    private TextFilters() {}

    static void register(Map<String, Filter> filters) {
        filters.put("upper", mapping(PyText::upper));
        filters.put("lower", mapping(PyText::lower));
        filters.put("capitalize", mapping(PyText::capitalize));
        filters.put("title", mapping(TextFilters::title));
        filters.put("trim", TextFilters::trim);
        filters.put("replace", TextFilters::replace);
        filters.put("indent", TextFilters::indent);
        filters.put("center", (v, a, s) -> Formatting.pad(Repr.str(v, s),
                TextMethods.integer(Filters.or(a.bind(s, "center", 0, "width")[0], 80L), "center", s), " ", '^', s));
        filters.put("format", TextFilters::format);
        filters.put("string", (v, a, s) -> {
            a.bind(s, "string", 0);
            return v instanceof Markup ? v : Repr.str(v, s);
        });
        filters.put("safe", (v, a, s) -> new Markup(Repr.str(v, s)));
        filters.put("escape", TextFilters::escape);
        filters.put("e", TextFilters::escape);
        filters.put("wordcount", (v, a, s) -> WORD.matcher(Repr.str(v, s)).results().count());
    }

    private static Filter mapping(UnaryOperator<String> operator) {
        return (value, arguments, state) -> {
            arguments.bind(state, "filter", 0);
            String text = Repr.str(value, state);
            state.charge(text.length());
            return rewrap(value, operator.apply(text));
        };
    }

    private static Object rewrap(Object original, String text) {
        return original instanceof Markup ? new Markup(text) : text;
    }

    private static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        Matcher breaks = WORD_BREAK.matcher(text);
        int from = 0;
        while (from < text.length()) {
            boolean found = breaks.find();
            int end = found ? breaks.start() : text.length();
            if (end > from) {
                int first = Character.charCount(text.codePointAt(from));
                out.append(PyText.upper(text.substring(from, from + first)));
                out.append(PyText.lower(text.substring(from + first, end)));
            }
            if (!found) {
                break;
            }
            out.append(breaks.group());
            from = breaks.end();
        }
        return out.toString();
    }

    private static Object trim(Object value, Arguments arguments, RenderState state) {
        Object chars = arguments.bind(state, "trim", 0, "chars")[0];
        String set = chars == Arguments.ABSENT || chars == null ? null : TextMethods.string(chars, "trim", state);
        return rewrap(value, PyText.strip(Repr.str(value, state), set));
    }

    private static Object replace(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "replace", 2, "old", "new", "count");
        long count = a[2] == Arguments.ABSENT || a[2] == null ? -1 : TextMethods.integer(a[2], "replace", state);
        return TextMethods.replace(Repr.str(value, state), Repr.str(a[0], state), Repr.str(a[1], state), count, state);
    }

    private static Object indent(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "indent", 0, "width", "first", "blank");
        Object width = Filters.or(a[0], 4L);
        String margin = Values.text(width);
        if (margin == null) {
            long spaces = Math.max(0, TextMethods.integer(width, "indent", state));
            state.reserveText(spaces);
            margin = " ".repeat((int) spaces);
        }
        boolean blank = Values.truth(Filters.or(a[2], false));
        String text = TextMethods.string(value, "indent", state);
        StringBuilder out = new StringBuilder(Values.truth(Filters.or(a[1], false)) ? margin : "");
        Object lines = TextMethods.call(text + "\n", "splitlines", Arguments.NONE, state);
        boolean first = true;
        for (Object line : Values.elements(lines, state)) {
            String content = (String) line;
            state.reserveGrowth(out.length(), (long) out.length() + margin.length() + content.length() + 1);
            out.append(first ? "" : blank || !content.isEmpty() ? "\n" + margin : "\n").append(content);
            first = false;
        }
        return rewrap(value, out.toString());
    }

    private static Object format(Object value, Arguments arguments, RenderState state) {
        if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
            throw state.error("format can't handle positional and keyword arguments at the same time");
        }
        Object values = arguments.named().isEmpty() ? new Tuple(arguments.positional()) : arguments.named();
        return Formatting.percent(Repr.str(value, state), values, state);
    }

    private static Object escape(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "escape", 0);
        return value instanceof Markup ? value : new Markup(Operators.escapeHtml(Repr.str(value, state)));
    }
}
