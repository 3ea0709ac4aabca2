// SPDX-License-Identifier: Apache-2.0
// Text formatting: the % operator and str.format, for the conversions s, r, d, i, f, x and e that templates use.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Tuple;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Formatting {
    private static final Pattern PERCENT = Pattern.compile("%(?:\\(([^)]*)\\))?([-+ 0#]*)([0-9]{0,6})(?:\\.([0-9]{0,4}))?([a-zA-Z%])");
    private static final Pattern SPEC = Pattern.compile("(?:(.)?([<>^=]))?([-+ ]?)(0?)([0-9]{0,6})(,?)(?:\\.([0-9]{1,4}))?([a-zA-Z%]?)",
            Pattern.DOTALL);
    private static final Pattern FIELD_PART = Pattern.compile("\\.([^.\\[]+)|\\[([^\\]]+)\\]");

    private Formatting() {}

    static String percent(String format, Object values, RenderState state) {
        List<?> positional = values instanceof Tuple tuple ? tuple : Collections.singletonList(values);
        StringBuilder out = new StringBuilder();
        Matcher matcher = PERCENT.matcher(format);
        int next = 0;
        int from = 0;
        for (int at = format.indexOf('%'); at >= 0; at = format.indexOf('%', from)) {
            if (!matcher.region(at, format.length()).lookingAt()) {
                throw state.error("unsupported or incomplete format after % at index " + at);
            }
            out.append(format, from, at);
            from = matcher.end();
            String conversion = matcher.group(5);
            if (conversion.equals("%")) {
                out.append('%');
                continue;
            }
            Object value;
            if (matcher.group(1) != null) {
                value = values instanceof Map<?, ?> map ? Access.lookup(map, matcher.group(1), state) : Arguments.ABSENT;
            } else {
                value = next < positional.size() ? positional.get(next++) : Arguments.ABSENT;
            }
            if (value == Arguments.ABSENT) {
                throw state.error("not enough arguments for format string");
            }
            String flags = matcher.group(2);
            String sign = flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
            int precision = matcher.group(4) == null ? -1 : matcher.group(4).isEmpty() ? 0 : Integer.parseInt(matcher.group(4));
            char code = conversion.charAt(0) == 'i' || conversion.charAt(0) == 'u' ? 'd' : conversion.charAt(0);
            String text = switch (code) {
                case 's' -> cut(Repr.str(value, state), precision);
                case 'r' -> cut(Repr.repr(value, state), precision);
                default -> number(value, code, precision, sign, false, state);
            };
            boolean zero = flags.contains("0") && code != 's' && code != 'r' && !flags.contains("-");
            long width = matcher.group(3).isEmpty() ? 0 : Long.parseLong(matcher.group(3));
            out.append(pad(text, width, zero ? "0" : " ", flags.contains("-") ? '<' : zero ? '=' : '>', state));
            state.reserveGrowth(out.length(), out.length());
        }
        if (next < positional.size() && !(values instanceof Map)) {
            throw state.error("not all arguments converted during string formatting");
        }
        return out.append(format, from, format.length()).toString();
    }

    static String format(String format, Arguments arguments, RenderState state) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if ((c == '{' || c == '}') && doubled) {
                out.append(c);
                i++;
            } else if (c == '}') {
                throw state.error("single '}' in format string");
            } else if (c == '{') {
                int end = format.indexOf('}', i);
                if (end < 0) {
                    throw state.error("expected '}' before end of format string");
                }
                String field = format.substring(i + 1, end);
                i = end;
                int colon = field.indexOf(':');
                String spec = colon < 0 ? "" : field.substring(colon + 1);
                String reference = colon < 0 ? field : field.substring(0, colon);
                int bang = reference.indexOf('!');
                String conversion = bang < 0 ? "" : reference.substring(bang + 1);
                reference = bang < 0 ? reference : reference.substring(0, bang);
                boolean automatic = reference.isEmpty() || reference.charAt(0) == '.' || reference.charAt(0) == '[';
                Object value = resolve(automatic ? next++ + reference : reference, arguments, state);
                value = switch (conversion) {
                    case "" -> value;
                    case "s" -> Repr.str(value, state);
                    case "r" -> Repr.repr(value, state);
                    default -> throw state.error("unsupported conversion !" + conversion);
                };
                String text = spec.isEmpty() ? Repr.str(value, state) : withSpec(value, spec, state);
                state.reserveGrowth(out.length(), (long) out.length() + text.length());
                out.append(text);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static Object resolve(String reference, Arguments arguments, RenderState state) {
        int end = 0;
        while (end < reference.length() && reference.charAt(end) != '.' && reference.charAt(end) != '[') {
            end++;
        }
        String head = reference.substring(0, end);
        Object value;
        if (head.matches("[0-9]{1,6}")) {
            int index = Integer.parseInt(head);
            if (index >= arguments.positional().size()) {
                throw state.error("replacement index " + index + " out of range for positional args tuple");
            }
            value = arguments.positional().get(index);
        } else if (arguments.named().containsKey(head)) {
            value = arguments.named().get(head);
        } else {
            throw state.error("no argument named '" + head + "' for format string");
        }
        Matcher part = FIELD_PART.matcher(reference);
        while (end < reference.length()) {
            if (!part.region(end, reference.length()).lookingAt()) {
                throw state.error("bad field '" + reference + "' in format string");
            }
            String key = part.group(2);
            value = part.group(1) != null ? Access.attribute(value, part.group(1), state)
                    : Access.item(value, key.matches("[0-9]{1,9}") ? (Object) Long.valueOf(key) : key, state);
            end = part.end();
        }
        return value;
    }

    private static String withSpec(Object value, String spec, RenderState state) {
        Matcher matcher = SPEC.matcher(spec);
        if (!matcher.matches()) {
            throw state.error("unsupported format specification '" + spec + "'");
        }
        int precision = matcher.group(7) == null ? -1 : Integer.parseInt(matcher.group(7));
        boolean isNumber = Numbers.of(value) != null;
        String type = matcher.group(8);
        String text;
        if (isNumber && !type.equals("s")) {
            char code = type.isEmpty() ? value instanceof Double ? precision >= 0 ? 'g' : 'r' : 'd' : type.charAt(0);
            String sign = matcher.group(3).equals("-") ? "" : matcher.group(3);
            text = code == 'r' ? Numbers.text((Number) value) : number(value, code, precision, sign, !matcher.group(6).isEmpty(), state);
        } else if (type.isEmpty() || type.equals("s")) {
            text = cut(Repr.str(value, state), precision);
        } else {
            throw state.error("unknown format code '" + type + "' for object of type '" + Values.typeName(value) + "'");
        }
        boolean zero = !matcher.group(4).isEmpty();
        char align = matcher.group(2) != null ? matcher.group(2).charAt(0) : zero ? '=' : isNumber ? '>' : '<';
        String fill = matcher.group(1) != null ? matcher.group(1) : zero ? "0" : " ";
        return pad(text, matcher.group(5).isEmpty() ? 0 : Long.parseLong(matcher.group(5)), fill, align, state);
    }

    private static String cut(String text, int precision) {
        return precision < 0 || PyText.length(text) <= precision ? text
                : text.substring(0, text.offsetByCodePoints(0, precision));
    }

    private static String number(Object value, char code, int precision, String sign, boolean grouped, RenderState state) {
        Number number = Numbers.of(value);
        if (number == null) {
            throw state.error("%" + code + " format: a number is required, not " + Values.typeName(value));
        }
        boolean isFloat = number instanceof Double;
        String text;
        switch (code) {
            case 'd' -> text = (isFloat ? Numbers.truncate((Double) number, state) : number).toString();
            case 'x' -> text = Numbers.big(number).toString(16);
            case 'X' -> text = PyText.upper(Numbers.big(number).toString(16));
            case 'o' -> text = Numbers.big(number).toString(8);
            case 'f', 'F', '%' -> {
                double real = number.doubleValue();
                if (!Double.isFinite(real)) {
                    text = Numbers.text(real);
                } else {
                    BigDecimal exact = isFloat ? new BigDecimal(real) : new BigDecimal(Numbers.big(number));
                    exact = code == '%' ? exact.movePointRight(2) : exact;
                    text = exact.setScale(precision < 0 ? 6 : precision, RoundingMode.HALF_EVEN).toPlainString()
                            + (code == '%' ? "%" : "");
                    text = real < 0 && !text.startsWith("-") ? "-" + text : text;
                }
            }
            default -> throw state.error("format code '" + code + "' is not supported");
        }
        if (grouped) {
            text = text.replaceAll("\\B(?=([0-9]{3})+(?![0-9]))(?<!\\.[0-9]{0,20})", ",");
        }
        return text.startsWith("-") ? text : sign + text;
    }

    /** Alignment '=' puts the fill between sign and digits. */
    static String pad(String text, long width, String fill, char align, RenderState state) {
        long missing = width - PyText.length(text);
        if (missing <= 0) {
            return text;
        }
        if (PyText.length(fill) != 1) {
            throw state.error("the fill character must be exactly one character long");
        }
        state.reserveText(width);
        int count = (int) missing;
        if (align == '<') {
            return text + fill.repeat(count);
        } else if (align == '^') {
            // str.center puts the odd space on the left when the width is odd.
            int left = count / 2 + (int) (count & width & 1);
            return fill.repeat(left) + text + fill.repeat(count - left);
        } else if (align == '=' && (text.startsWith("-") || text.startsWith("+"))) {
            return text.charAt(0) + fill.repeat(count) + text.substring(1);
        }
        return fill.repeat(count) + text;
    }
}
