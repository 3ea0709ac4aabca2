// SPDX-License-Identifier: Apache-2.0
// Python's text rules that differ from Java's: white space, stripping, code point indexing, literals and repr.
package io.qwenjet.engine.template;

import java.util.ArrayList;
import java.util.List;

final class PyText {
    private PyText() {}

    static boolean isSpace(int c) {
        return switch (c) {
            case '\t', '\n', 0x0b, '\f', '\r', 0x1c, 0x1d, 0x1e, 0x1f, ' ', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f,
                0x205f, 0x3000 -> true;
            default -> c >= 0x2000 && c <= 0x200a;
        };
    }

    static boolean isLineBreak(int c) {
        return switch (c) {
            case '\n', '\r', 0x0b, '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029 -> true;
            default -> false;
        };
    }

    /** Strips members of the set {@code chars}, or white space when it is null. */
    static String lstrip(String text, String chars) {
        int i = 0;
        while (i < text.length()) {
            int c = text.codePointAt(i);
            if (!strips(c, chars)) {
                break;
            }
            i += Character.charCount(c);
        }
        return text.substring(i);
    }

    static String rstrip(String text, String chars) {
        int end = text.length();
        while (end > 0) {
            int c = text.codePointBefore(end);
            if (!strips(c, chars)) {
                break;
            }
            end -= Character.charCount(c);
        }
        return text.substring(0, end);
    }

    static String strip(String text, String chars) {
        return lstrip(rstrip(text, chars), chars);
    }

    private static boolean strips(int c, String chars) {
        return chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    static List<Object> codePoints(String text) {
        List<Object> result = new ArrayList<>(text.length());
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            result.add(Character.toString(c));
            i += Character.charCount(c);
        }
        return result;
    }

    /** Orders by code point; UTF-16 order differs above U+FFFF. */
    static int compare(String a, String b) {
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean surrogateX = Character.isSurrogate(x);
                boolean surrogateY = Character.isSurrogate(y);
                if (surrogateX != surrogateY) {
                    return surrogateX ? 1 : -1;
                }
                return Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.codePointAt(0);
        int rest = Character.charCount(first);
        return titleCase(first) + lower(text.substring(rest));
    }

    private static String titleCase(int c) {
        int title = Character.toTitleCase(c);
        // Java maps a single code point only; sharp s and ligatures expand and keep a lower case tail.
        if (title == c) {
            String upper = upper(Character.toString(c));
            if (upper.length() > Character.charCount(c)) {
                int head = upper.codePointAt(0);
                return Character.toString(head) + lower(upper.substring(Character.charCount(head)));
            }
        }
        return Character.toString(title);
    }

    /** str.title(): every run of letters starts in title case. */
    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            out.append(inWord ? lower(Character.toString(c)) : titleCase(c));
            inWord = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
            i += Character.charCount(c);
        }
        return out.toString();
    }

    static String upper(String text) {
        return text.toUpperCase(java.util.Locale.ROOT);
    }

    static String lower(String text) {
        return text.toLowerCase(java.util.Locale.ROOT);
    }

    static String unescape(String body) {
        if (body.indexOf('\\') < 0) {
            return body;
        }
        StringBuilder out = new StringBuilder(body.length());
        for (int i = 0; i < body.length();) {
            char c = body.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char e = body.charAt(i++);
            switch (e) {
                case '\n' -> { }
                case '\\', '\'', '"' -> out.append(e);
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'a' -> out.append((char) 7);
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'v' -> out.append((char) 11);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                    int end = i;
                    while (end < body.length() && end < i + 2 && body.charAt(end) >= '0' && body.charAt(end) <= '7') {
                        end++;
                    }
                    out.append((char) Integer.parseInt(body.substring(i - 1, end), 8));
                    i = end;
                }
                case 'x', 'u', 'U' -> {
                    int digits = e == 'x' ? 2 : e == 'u' ? 4 : 8;
                    out.appendCodePoint(hex(body, i, digits));
                    i += digits;
                }
                case 'N' -> throw new IllegalArgumentException("named character escape \\N{...} is not supported");
                default -> out.append('\\').append(e);
            }
        }
        return out.toString();
    }

    private static int hex(String body, int from, int digits) {
        long value = 0;
        for (int i = from; i < from + digits; i++) {
            int digit = i < body.length() && body.charAt(i) < 128 ? Character.digit(body.charAt(i), 16) : -1;
            if (digit < 0) {
                throw new IllegalArgumentException("truncated escape in string literal, expected " + digits + " hex digits");
            }
            value = value * 16 + digit;
        }
        if (value > Character.MAX_CODE_POINT) {
            throw new IllegalArgumentException("escape in string literal beyond U+10FFFF");
        }
        return (int) value;
    }

    static void appendRepr(StringBuilder out, String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c == quote || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (isPrintable(c)) {
                out.appendCodePoint(c);
            } else if (c < 0x100) {
                out.append(String.format("\\x%02x", c));
            } else {
                out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
            }
        }
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        if (c == ' ') {
            return true;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }
}
