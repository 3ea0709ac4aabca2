// SPDX-License-Identifier: Apache-2.0
// strftime with the C locale's names, for templates that print today's date.
package io.qwenjet.engine.template;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.time.temporal.IsoFields;
import java.util.Locale;

final class Strftime {
    private static final Locale NAMES = Locale.ENGLISH;
    private static final DateTimeFormatter OFFSET = DateTimeFormatter.ofPattern("xx", Locale.ROOT);

    private Strftime() {}

    static String format(String format, ZonedDateTime time, RenderState state) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            i++;
            // glibc's %-d and %-m drop the padding.
            boolean unpadded = i < format.length() && format.charAt(i) == '-';
            i += unpadded ? 1 : 0;
            if (i >= format.length()) {
                throw state.error("strftime_now: incomplete format '" + format + "'");
            }
            String part = field(format.charAt(i), time, state);
            out.append(unpadded ? part.replaceFirst("^[0 ]+(?=.)", "") : part);
        }
        return out.toString();
    }

    private static String field(char code, ZonedDateTime t, RenderState state) {
        return switch (code) {
            case '%' -> "%";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'a' -> t.getDayOfWeek().getDisplayName(TextStyle.SHORT, NAMES);
            case 'A' -> t.getDayOfWeek().getDisplayName(TextStyle.FULL, NAMES);
            case 'b', 'h' -> t.getMonth().getDisplayName(TextStyle.SHORT, NAMES);
            case 'B' -> t.getMonth().getDisplayName(TextStyle.FULL, NAMES);
            case 'c' -> format("%a %b %e %H:%M:%S %Y", t, state);
            case 'C' -> padded(t.getYear() / 100, 2);
            case 'd' -> padded(t.getDayOfMonth(), 2);
            case 'D', 'x' -> format("%m/%d/%y", t, state);
            case 'e' -> String.format(Locale.ROOT, "%2d", t.getDayOfMonth());
            case 'f' -> padded(t.getNano() / 1000, 6);
            case 'F' -> format("%Y-%m-%d", t, state);
            case 'G' -> String.valueOf(t.get(IsoFields.WEEK_BASED_YEAR));
            case 'H' -> padded(t.getHour(), 2);
            case 'I' -> padded((t.getHour() + 11) % 12 + 1, 2);
            case 'j' -> padded(t.getDayOfYear(), 3);
            case 'm' -> padded(t.getMonthValue(), 2);
            case 'M' -> padded(t.getMinute(), 2);
            case 'p' -> t.getHour() < 12 ? "AM" : "PM";
            case 'r' -> format("%I:%M:%S %p", t, state);
            case 'R' -> format("%H:%M", t, state);
            case 's' -> String.valueOf(t.toEpochSecond());
            case 'S' -> padded(t.getSecond(), 2);
            case 'T', 'X' -> format("%H:%M:%S", t, state);
            case 'u' -> String.valueOf(t.getDayOfWeek().getValue());
            case 'U' -> padded((t.getDayOfYear() + 6 - t.getDayOfWeek().getValue() % 7) / 7, 2);
            case 'V' -> padded(t.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'w' -> String.valueOf(t.getDayOfWeek().getValue() % 7);
            case 'W' -> padded((t.getDayOfYear() + 6 - (t.getDayOfWeek().getValue() + 6) % 7) / 7, 2);
            case 'y' -> padded(t.getYear() % 100, 2);
            case 'Y' -> padded(t.getYear(), 4);
            case 'z' -> OFFSET.format(t);
            case 'Z' -> t.getZone().getDisplayName(TextStyle.SHORT, NAMES);
            default -> throw state.error("strftime_now: unsupported code %" + code);
        };
    }

    private static String padded(int value, int width) {
        return String.format(Locale.ROOT, "%0" + width + "d", value);
    }
}
