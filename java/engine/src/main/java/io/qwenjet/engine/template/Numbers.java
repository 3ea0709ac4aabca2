// SPDX-License-Identifier: Apache-2.0
// Python's int and float: unbounded integers kept as Long while they fit, floor division and modulo with the
// divisor's sign, shortest float text. A bool counts as 0 or 1.
package io.qwenjet.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

final class Numbers {
    // Bounds the cost of one multiplication or power; far beyond any use in a template.
    private static final int MAX_INTEGER_BITS = 1 << 14;

    private Numbers() {}

    /** The numeric value of an int, float or bool, null for any other type. */
    static Number of(Object value) {
        return value instanceof Number n ? n : value instanceof Boolean b ? (Number) (b ? 1L : 0L) : null;
    }

    static Number adopt(Number number) {
        if (number instanceof Double || number instanceof Long) {
            return number;
        } else if (number instanceof Float || number instanceof BigDecimal) {
            return number.doubleValue();
        } else if (number instanceof BigInteger big) {
            return narrow(big);
        }
        return number.longValue();
    }

    static Number narrow(BigInteger value) {
        return value.bitLength() < 64 ? (Number) value.longValue() : value;
    }

    static BigInteger big(Number number) {
        return number instanceof BigInteger b ? b : BigInteger.valueOf(number.longValue());
    }

    static boolean isZero(Number number) {
        return number instanceof Double d ? d == 0.0 : number instanceof Long l && l == 0;
    }

    static int compare(Number a, Number b) {
        if (a instanceof Long x && b instanceof Long y) {
            return Long.compare(x, y);
        }
        if (a instanceof Double || b instanceof Double) {
            double x = a.doubleValue();
            double y = b.doubleValue();
            if ((a instanceof Double && b instanceof Double) || !Double.isFinite(x) || !Double.isFinite(y)) {
                return x < y ? -1 : x > y ? 1 : 0;
            }
            return decimal(a).compareTo(decimal(b));
        }
        return big(a).compareTo(big(b));
    }

    /** NaN compares with nothing, so compare()'s 0 does not mean equality for it. */
    static boolean isNan(Number a) {
        return a instanceof Double d && d.isNaN();
    }

    private static BigDecimal decimal(Number n) {
        return n instanceof Double d ? new BigDecimal(d) : new BigDecimal(big(n));
    }

    static Number negate(Number a) {
        return a instanceof Double d ? (Number) (-d) : narrow(big(a).negate());
    }

    static Number add(Number a, Number b, RenderState state) {
        if (a instanceof Double || b instanceof Double) {
            return real(a, state) + real(b, state);
        }
        if (a instanceof Long x && b instanceof Long y) {
            long sum = x + y;
            if (((x ^ sum) & (y ^ sum)) >= 0) {
                return sum;
            }
        }
        return bounded(big(a).add(big(b)), state);
    }

    static Number subtract(Number a, Number b, RenderState state) {
        if (a instanceof Double || b instanceof Double) {
            return real(a, state) - real(b, state);
        }
        return bounded(big(a).subtract(big(b)), state);
    }

    static Number multiply(Number a, Number b, RenderState state) {
        if (a instanceof Double || b instanceof Double) {
            return real(a, state) * real(b, state);
        }
        return bounded(big(a).multiply(big(b)), state);
    }

    static Number divide(Number a, Number b, RenderState state) {
        if (isZero(b)) {
            throw state.error(a instanceof Double || b instanceof Double ? "float division by zero" : "division by zero");
        }
        if (a instanceof Double || b instanceof Double || (fitsDouble(a) && fitsDouble(b))) {
            return real(a, state) / real(b, state);
        }
        // Enough digits that rounding to double afterwards is the correctly rounded quotient in all but ties.
        return finite(new BigDecimal(big(a)).divide(new BigDecimal(big(b)), new MathContext(60)).doubleValue(), state);
    }

    private static boolean fitsDouble(Number n) {
        return n instanceof Long l && Math.abs(l) <= 1L << 53;
    }

    static Number floorDivide(Number a, Number b, RenderState state) {
        if (isZero(b)) {
            throw state.error("integer division or modulo by zero");
        }
        if (a instanceof Double || b instanceof Double) {
            double x = real(a, state);
            double y = real(b, state);
            double mod = floatModulo(x, y);
            return Math.rint((x - mod) / y);
        }
        BigInteger[] parts = big(a).divideAndRemainder(big(b));
        boolean down = parts[1].signum() != 0 && parts[1].signum() != big(b).signum();
        return narrow(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
    }

    static Number modulo(Number a, Number b, RenderState state) {
        if (isZero(b)) {
            throw state.error("integer division or modulo by zero");
        }
        if (a instanceof Double || b instanceof Double) {
            return floatModulo(real(a, state), real(b, state));
        }
        BigInteger rest = big(a).remainder(big(b));
        return narrow(rest.signum() != 0 && rest.signum() != big(b).signum() ? rest.add(big(b)) : rest);
    }

    private static double floatModulo(double x, double y) {
        double rest = x % y;
        if (rest == 0) {
            return Math.copySign(0.0, y);
        }
        return (rest < 0) != (y < 0) ? rest + y : rest;
    }

    static Number power(Number a, Number b, RenderState state) {
        if (!(a instanceof Double) && !(b instanceof Double)) {
            BigInteger base = big(a);
            BigInteger exponent = big(b);
            if (exponent.signum() >= 0) {
                boolean trivial = base.bitLength() <= 1 && base.abs().bitLength() <= 1;
                if (trivial) {
                    boolean odd = exponent.testBit(0);
                    return exponent.signum() == 0 ? 1L : base.signum() == 0 ? 0L : base.signum() < 0 && odd ? -1L : 1L;
                }
                if (exponent.bitLength() > 31 || exponent.longValue() * base.bitLength() > MAX_INTEGER_BITS * 2L) {
                    throw state.limit("integer of more than " + MAX_INTEGER_BITS + " bits");
                }
                return bounded(base.pow(exponent.intValue()), state);
            }
        }
        double x = real(a, state);
        double y = real(b, state);
        if (x == 0 && y < 0) {
            throw state.error("0.0 cannot be raised to a negative power");
        }
        if (x < 0 && y != Math.rint(y)) {
            throw state.error("power with a complex result is not supported");
        }
        double result = Math.pow(x, y);
        if (Double.isInfinite(result) && Double.isFinite(x) && Double.isFinite(y)) {
            throw state.error("float power out of range");
        }
        return result;
    }

    private static double real(Number n, RenderState state) {
        return n instanceof Double d ? d : finite(n.doubleValue(), state);
    }

    private static double finite(double value, RenderState state) {
        if (Double.isInfinite(value)) {
            throw state.error("int too large to convert to float");
        }
        return value;
    }

    private static Number bounded(BigInteger value, RenderState state) {
        if (value.bitLength() > MAX_INTEGER_BITS) {
            throw state.limit("integer of more than " + MAX_INTEGER_BITS + " bits");
        }
        return narrow(value);
    }

    /** int(float): towards zero. */
    static Number truncate(double value, RenderState state) {
        if (!Double.isFinite(value)) {
            throw state.error("cannot convert float " + text(value) + " to integer");
        }
        return narrow(new BigDecimal(value).setScale(0, RoundingMode.DOWN).toBigInteger());
    }

    static String text(Number number) {
        return number instanceof Double d ? floatText(d) : number.toString();
    }

    /** repr(float): the shortest digits that read back as the same value, exponent form outside 1e-4..1e16. */
    private static String floatText(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        } else if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        } else if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        // Double.toString is not always the shortest before JDK 19, hence the search.
        BigDecimal exact = new BigDecimal(Math.abs(value));
        BigDecimal shortest = exact;
        for (int precision = 1; precision <= 17; precision++) {
            shortest = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
            if (shortest.doubleValue() == Math.abs(value)) {
                break;
            }
        }
        shortest = shortest.stripTrailingZeros();
        String digits = shortest.unscaledValue().toString();
        int exponent = digits.length() - shortest.scale() - 1;
        StringBuilder out = new StringBuilder(value < 0 ? "-" : "");
        if (exponent < -4 || exponent >= 16) {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append(exponent < 0 ? "e-" : "e+").append(Math.abs(exponent) < 10 ? "0" : "").append(Math.abs(exponent));
        } else if (exponent < 0) {
            out.append("0.").append("0".repeat(-exponent - 1)).append(digits);
        } else if (digits.length() <= exponent + 1) {
            out.append(digits).append("0".repeat(exponent + 1 - digits.length())).append(".0");
        } else {
            out.append(digits, 0, exponent + 1).append('.').append(digits, exponent + 1, digits.length());
        }
        return out.toString();
    }
}
