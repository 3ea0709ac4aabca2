// SPDX-License-Identifier: Apache-2.0
// The filters int, float, abs and round.
package io.qwenjet.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Pattern;

final class NumberFilters {
    private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9a-zA-Z]++(?:_[0-9a-zA-Z]++)*+");
    private static final Pattern REAL = Pattern.compile(
            "[+-]?(?:[0-9]++(?:_[0-9]++)*+(?:\\.(?:[0-9]++(?:_[0-9]++)*+)?)?|\\.[0-9]++(?:_[0-9]++)*+)(?:[eE][+-]?[0-9]++)?");
    private static final int MAX_DIGITS = 4300;

    private NumberFilters() {}

    static Object toInt(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "int", 0, "default", "base");
        Operators.failIfUndefined(value, state);
        Object fallback = Filters.or(a[0], 0L);
        long base = a[1] == Arguments.ABSENT ? 10 : TextMethods.integer(a[1], "int base", state);
        String text = Values.text(value);
        if (text != null) {
            BigInteger parsed = parseInt(PyText.strip(text, null), base);
            if (parsed != null) {
                return Numbers.narrow(parsed);
            }
        }
        Number number = text != null ? parseFloat(text) : Numbers.of(value);
        if (number instanceof Double d) {
            return Double.isFinite(d) ? Numbers.truncate(d, state) : fallback;
        }
        return number == null ? fallback : number;
    }

    private static BigInteger parseInt(String text, long base) {
        if (!DIGITS.matcher(text).matches() || text.length() > MAX_DIGITS || base < 2 || base > 36) {
            return null;
        }
        boolean signed = text.charAt(0) == '-' || text.charAt(0) == '+';
        String digits = text.substring(signed ? 1 : 0).replace("_", "");
        String prefix = digits.length() > 2 ? digits.substring(0, 2).toLowerCase(java.util.Locale.ROOT) : "";
        boolean prefixed = (base == 16 && prefix.equals("0x")) || (base == 8 && prefix.equals("0o"))
                || (base == 2 && prefix.equals("0b"));
        try {
            BigInteger magnitude = new BigInteger(prefixed ? digits.substring(2) : digits, (int) base);
            return text.charAt(0) == '-' ? magnitude.negate() : magnitude;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Double parseFloat(String raw) {
        String text = PyText.strip(raw, null);
        if (text.length() <= MAX_DIGITS && REAL.matcher(text).matches()) {
            return Double.valueOf(text.replace("_", ""));
        }
        boolean negative = text.startsWith("-");
        String word = PyText.lower(negative || text.startsWith("+") ? text.substring(1) : text);
        return switch (word) {
            case "inf", "infinity" -> negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> null;
        };
    }

    static Object toFloat(Object value, Arguments arguments, RenderState state) {
        Object fallback = Filters.or(arguments.bind(state, "float", 0, "default")[0], 0.0);
        Operators.failIfUndefined(value, state);
        Number number = Values.text(value) != null ? parseFloat(Values.text(value)) : Numbers.of(value);
        return number == null ? fallback : (Object) number.doubleValue();
    }

    static Object abs(Object value, Arguments arguments, RenderState state) {
        arguments.bind(state, "abs", 0);
        Number number = require(value, "abs", state);
        return number instanceof Double d ? (Object) Math.abs(d) : Numbers.narrow(Numbers.big(number).abs());
    }

    static Object round(Object value, Arguments arguments, RenderState state) {
        Object[] a = arguments.bind(state, "round", 0, "precision", "method");
        long precision = a[0] == Arguments.ABSENT ? 0 : TextMethods.integer(a[0], "round", state);
        Object method = Filters.or(a[1], "common");
        Number number = require(value, "round", state);
        boolean isFloat = number instanceof Double;
        if (isFloat && !Double.isFinite((Double) number)) {
            return number;
        }
        if (Math.abs(precision) > 400) {
            throw state.error("round precision " + precision + " is out of range");
        }
        BigDecimal exact = isFloat ? new BigDecimal((Double) number) : new BigDecimal(Numbers.big(number));
        if (method.equals("common")) {
            BigDecimal rounded = exact.setScale((int) precision, RoundingMode.HALF_EVEN);
            return isFloat ? (Object) Math.copySign(rounded.doubleValue(), (Double) number)
                    : precision >= 0 ? number : Numbers.narrow(rounded.toBigInteger());
        }
        if (!method.equals("ceil") && !method.equals("floor")) {
            throw state.error("round method must be common, ceil or floor");
        }
        double factor = Math.pow(10, precision);
        double scaled = number.doubleValue() * factor;
        return (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / factor + 0.0;
    }

    private static Number require(Object value, String filter, RenderState state) {
        Operators.failIfUndefined(value, state);
        Number number = Numbers.of(value);
        if (number == null) {
            throw state.error(filter + " expects a number, got " + Values.typeName(value));
        }
        return number;
    }
}
