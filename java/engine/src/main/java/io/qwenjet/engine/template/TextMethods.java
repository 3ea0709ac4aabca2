// SPDX-License-Identifier: Apache-2.0
// The methods of str. Results of methods on Markup are Markup again, as in markupsafe.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Markup;
import io.qwenjet.engine.template.Values.Tuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

final class TextMethods {
    static final Set<String> NAMES = Set.of("startswith", "endswith", "split", "rsplit", "strip", "lstrip", "rstrip",
            "upper", "lower", "casefold", "swapcase", "replace", "join", "title", "capitalize", "find", "rfind", "index",
            "rindex", "count", "splitlines", "format", "isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum",
            "isspace", "isupper", "islower", "center", "ljust", "rjust", "zfill", "partition", "rpartition",
            "removeprefix", "removesuffix", "expandtabs", "encode", "isidentifier", "isprintable", "istitle", "isascii",
            "translate", "maketrans", "format_map");

    private TextMethods() {}

    static Object call(Object owner, String name, Arguments arguments, RenderState state) {
        String text = Values.text(owner);
        state.charge(text.length());
        Object result = apply(text, name, arguments, state);
        if (owner instanceof Markup && result instanceof String s) {
            return new Markup(s);
        }
        return result;
    }

    private static Object apply(String text, String name, Arguments arguments, RenderState state) {
        switch (name) {
            case "startswith", "endswith" -> {
                return hasAffix(text, name, arguments, state);
            }
            case "strip", "lstrip", "rstrip" -> {
                Object[] a = arguments.bind(state, name, 0, "chars");
                String chars = a[0] == Arguments.ABSENT || a[0] == null ? null : string(a[0], name, state);
                return name.equals("strip") ? PyText.strip(text, chars)
                        : name.equals("lstrip") ? PyText.lstrip(text, chars) : PyText.rstrip(text, chars);
            }
            case "split", "rsplit" -> {
                Object[] a = arguments.bind(state, name, 0, "sep", "maxsplit");
                long limit = a[1] == Arguments.ABSENT ? -1 : integer(a[1], name, state);
                String separator = a[0] == Arguments.ABSENT || a[0] == null ? null : string(a[0], name, state);
                return split(text, separator, limit, name.equals("rsplit"), state);
            }
            case "splitlines" -> {
                Object[] a = arguments.bind(state, name, 0, "keepends");
                return splitLines(text, a[0] != Arguments.ABSENT && Values.truth(a[0]));
            }
            case "replace" -> {
                Object[] a = arguments.bind(state, name, 2, "old", "new", "count");
                long count = a[2] == Arguments.ABSENT ? -1 : integer(a[2], name, state);
                return replace(text, string(a[0], name, state), string(a[1], name, state), count, state);
            }
            case "join" -> {
                return join(text, arguments.bind(state, name, 1, "iterable")[0], state);
            }
            case "find", "rfind", "index", "rindex", "count" -> {
                return search(text, name, arguments, state);
            }
            case "partition", "rpartition" -> {
                String separator = string(arguments.bind(state, name, 1, "sep")[0], name, state);
                requireSeparator(separator, state);
                boolean last = name.equals("rpartition");
                int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
                return at >= 0
                        ? new Tuple(List.of(text.substring(0, at), separator, text.substring(at + separator.length())))
                        : new Tuple(last ? List.of("", "", text) : List.of(text, "", ""));
            }
            case "removeprefix", "removesuffix" -> {
                String affix = string(arguments.bind(state, name, 1, "affix")[0], name, state);
                return name.equals("removeprefix")
                        ? text.startsWith(affix) ? text.substring(affix.length()) : text
                        : text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
            }
            case "center", "ljust", "rjust", "zfill" -> {
                return pad(text, name, arguments, state);
            }
            case "format" -> {
                return Formatting.format(text, arguments, state);
            }
            default -> {
                arguments.bind(state, name, 0);
                return withoutArguments(text, name, state);
            }
        }
    }

    private static Object withoutArguments(String text, String name, RenderState state) {
        return switch (name) {
            case "upper" -> PyText.upper(text);
            case "lower", "casefold" -> PyText.lower(text);
            case "title" -> PyText.title(text);
            case "capitalize" -> PyText.capitalize(text);
            case "isdecimal" -> all(text, Character::isDigit);
            case "isdigit" -> all(text, c -> Character.isDigit(c) || isDigitSign(c));
            case "isnumeric" -> all(text, c -> Character.isDigit(c) || Character.getType(c) == Character.LETTER_NUMBER
                    || Character.getType(c) == Character.OTHER_NUMBER);
            case "isalpha" -> all(text, Character::isLetter);
            case "isalnum" -> all(text, Character::isLetterOrDigit);
            case "isspace" -> all(text, PyText::isSpace);
            case "isascii" -> text.isEmpty() || all(text, c -> c < 128);
            case "isupper" -> hasCase(text, true);
            case "islower" -> hasCase(text, false);
            default -> throw state.error("method str." + name + " is not supported");
        };
    }

    /** Superscript, subscript and circled digits: digits to Python, though not decimal ones. */
    private static boolean isDigitSign(int c) {
        return c == 0xb2 || c == 0xb3 || c == 0xb9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2079)
                || (c >= 0x2080 && c <= 0x2089) || (c >= 0x2460 && c <= 0x2468);
    }

    private static boolean all(String text, IntPredicate predicate) {
        return !text.isEmpty() && text.codePoints().allMatch(predicate);
    }

    static boolean hasCase(String text, boolean upper) {
        IntPredicate wanted = upper ? Character::isUpperCase : Character::isLowerCase;
        IntPredicate refused = upper ? Character::isLowerCase : Character::isUpperCase;
        return text.codePoints().anyMatch(wanted)
                && text.codePoints().noneMatch(c -> refused.test(c) || Character.isTitleCase(c));
    }

    private static boolean hasAffix(String text, String name, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, name, 1, "affix", "start", "end");
        String part = a[1] == Arguments.ABSENT ? text : Values.text(Access.slice(text, a[1],
                a[2] == Arguments.ABSENT ? null : a[2], null, state));
        List<?> candidates = a[0] instanceof Tuple tuple ? tuple : Collections.singletonList(a[0]);
        for (Object candidate : candidates) {
            String affix = string(candidate, name, state);
            if (name.equals("startswith") ? part.startsWith(affix) : part.endsWith(affix)) {
                return true;
            }
        }
        return false;
    }

    static String join(String separator, Object iterable, RenderState state) {
        StringBuilder out = new StringBuilder();
        List<Object> elements = Values.elements(iterable, state);
        for (int i = 0; i < elements.size(); i++) {
            String element = Values.text(elements.get(i));
            if (element == null) {
                throw state.error("sequence item " + i + ": expected str instance, " + Values.typeName(elements.get(i))
                        + " found");
            }
            state.reserveGrowth(out.length(), (long) out.length() + element.length() + separator.length());
            out.append(i == 0 ? "" : separator).append(element);
        }
        return out.toString();
    }

    private static List<Object> split(String text, String separator, long limit, boolean fromRight, RenderState state) {
        List<Object> parts = new ArrayList<>();
        if (separator != null) {
            requireSeparator(separator, state);
        }
        String rest = text;
        while (limit < 0 || parts.size() < limit) {
            if (separator == null) {
                rest = fromRight ? PyText.rstrip(rest, null) : PyText.lstrip(rest, null);
            }
            int begin = fromRight ? lastBreak(rest, separator) : firstBreak(rest, separator);
            if (begin < 0) {
                break;
            }
            int width = separator == null ? 1 : separator.length();
            parts.add(fromRight ? rest.substring(begin + width) : rest.substring(0, begin));
            // Substrings copy, so many splits of long text are quadratic; the budget sees that.
            state.charge(1 + rest.length() / 16);
            rest = fromRight ? rest.substring(0, begin) : rest.substring(begin + width);
        }
        if (separator == null) {
            rest = fromRight ? PyText.rstrip(rest, null) : PyText.lstrip(rest, null);
        }
        if (separator != null || !rest.isEmpty()) {
            parts.add(rest);
        }
        if (fromRight) {
            Collections.reverse(parts);
        }
        return parts;
    }

    private static int firstBreak(String text, String separator) {
        if (separator != null) {
            return text.indexOf(separator);
        }
        for (int i = 0; i < text.length(); i++) {
            if (PyText.isSpace(text.charAt(i))) {
                return i;
            }
        }
        return -1;
    }

    private static int lastBreak(String text, String separator) {
        if (separator != null) {
            return text.lastIndexOf(separator);
        }
        for (int i = text.length() - 1; i >= 0; i--) {
            if (PyText.isSpace(text.charAt(i))) {
                return i;
            }
        }
        return -1;
    }

    private static List<Object> splitLines(String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            if (PyText.isLineBreak(text.charAt(i))) {
                int end = i;
                if (text.charAt(i) == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
                lines.add(text.substring(start, keepEnds ? i + 1 : end));
                start = i + 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    static String replace(String text, String old, String replacement, long count, RenderState state) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (long done = 0; count < 0 || done < count; done++) {
            int at = text.indexOf(old, from);
            // An empty pattern matches before every character and at the end.
            if (at < 0 || (old.isEmpty() && done > 0 && from >= text.length())) {
                break;
            }
            state.reserveGrowth(out.length(), (long) out.length() + at - from + replacement.length());
            if (old.isEmpty()) {
                if (done > 0) {
                    int next = text.offsetByCodePoints(from, 1);
                    out.append(text, from, next);
                    from = next;
                }
                out.append(replacement);
            } else {
                out.append(text, from, at).append(replacement);
                from = at + old.length();
            }
        }
        return out.append(text, from, text.length()).toString();
    }

    private static Object search(String text, String name, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, name, 1, "sub", "start", "end");
        String part = string(a[0], name, state);
        int offset = 0;
        String within = text;
        if (a[1] != Arguments.ABSENT) {
            within = Values.text(Access.slice(text, a[1], a[2] == Arguments.ABSENT ? null : a[2], null, state));
            offset = PyText.length(text) - PyText.length(Values.text(Access.slice(text, a[1], null, null, state)));
        }
        if (name.equals("count")) {
            long count = part.isEmpty() ? PyText.length(within) + 1 : 0;
            for (int at = within.indexOf(part); !part.isEmpty() && at >= 0; at = within.indexOf(part, at + part.length())) {
                count++;
            }
            return count;
        }
        int at = name.startsWith("r") ? within.lastIndexOf(part) : within.indexOf(part);
        if (at < 0 && name.endsWith("index")) {
            throw state.error("substring not found");
        }
        return at < 0 ? -1L : (long) offset + within.codePointCount(0, at);
    }

    private static String pad(String text, String name, Arguments arguments, RenderState state) {
        Object[] a = name.equals("zfill") ? arguments.bind(state, name, 1, "width")
                : arguments.bind(state, name, 1, "width", "fillchar");
        long width = integer(a[0], name, state);
        String fill = a.length < 2 || a[1] == Arguments.ABSENT ? name.equals("zfill") ? "0" : " " : string(a[1], name, state);
        return Formatting.pad(text, width, fill, switch (name) {
            case "center" -> '^';
            case "ljust" -> '<';
            case "zfill" -> '=';
            default -> '>';
        }, state);
    }

    private static void requireSeparator(String separator, RenderState state) {
        if (separator.isEmpty()) {
            throw state.error("empty separator");
        }
    }

    static String string(Object value, String callee, RenderState state) {
        String text = Values.text(value);
        if (text == null) {
            Operators.failIfUndefined(value, state);
            throw state.error(callee + " expects str, got " + Values.typeName(value));
        }
        return text;
    }

    static long integer(Object value, String callee, RenderState state) {
        if (Numbers.of(value) instanceof Long number) {
            return number;
        }
        Operators.failIfUndefined(value, state);
        throw state.error(callee + " expects int, got " + Values.typeName(value));
    }
}
