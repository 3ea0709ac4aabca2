// SPDX-License-Identifier: Apache-2.0
// Cuts template source into tokens with trim_blocks and lstrip_blocks on, the way Hugging Face sets Jinja up.
// White space control lives here entirely: later stages see data tokens that are already trimmed.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.TemplateException.Kind;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Lexer {
    // The look-behind keeps the second number of x.1.2 an integer subscript.
    private static final Pattern FLOAT = Pattern.compile("(?<!\\.)[0-9]++(?:_[0-9]++)*+(?:(?:\\.[0-9]++(?:_[0-9]++)*+)?"
            + "[eE][+\\-]?[0-9]++(?:_[0-9]++)*+|\\.[0-9]++(?:_[0-9]++)*+)");
    private static final Pattern INTEGER = Pattern.compile("0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[0-9a-fA-F])++"
            + "|[1-9](?:_?[0-9])*+|0(?:_?0)*+");
    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%[-+]?\\s*raw\\s*(?:-%\\}\\s*|%\\})");
    private static final Pattern RAW_END = Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)");
    private static final String[] OPERATORS = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]",
        "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"};
    // As CPython: decimal literals beyond this length are refused, because conversion is quadratic.
    private static final int MAX_INTEGER_DIGITS = 4300;

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int pos;
    private int line = 1;
    private int counted;

    private Lexer(String source) {
        String unified = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = unified.endsWith("\n") ? unified.substring(0, unified.length() - 1) : unified;
    }

    static List<Token> tokenize(String source) {
        Lexer lexer = new Lexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (pos < source.length()) {
            int begin = nextTag(pos);
            if (begin < 0) {
                addData(source.substring(pos));
                pos = source.length();
                break;
            }
            char tag = source.charAt(begin + 1);
            int signAt = begin + 2;
            char sign = signAt < source.length() ? source.charAt(signAt) : ' ';
            boolean signed = sign == '-' || sign == '+';
            addData(trimBefore(source.substring(pos, begin), signed ? sign : ' ', tag == '{'));
            pos = begin;
            countLines();
            if (tag == '#') {
                skipComment(signAt + (signed ? 1 : 0));
            } else if (tag == '%' && matcher(RAW_BEGIN).lookingAt()) {
                readRaw();
            } else {
                add(tag == '{' ? Token.Type.VARIABLE_BEGIN : Token.Type.BLOCK_BEGIN, source.substring(begin, signAt), null);
                pos = signAt + (signed ? 1 : 0);
                readTag(tag == '{');
            }
        }
        countLines();
        add(Token.Type.END, "", null);
    }

    private int nextTag(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char c = source.charAt(i + 1);
            if (c == '%' || c == '{' || c == '#') {
                return i;
            }
        }
        return -1;
    }

    private String trimBefore(String text, char sign, boolean isVariable) {
        if (sign == '-') {
            return PyText.rstrip(text, null);
        }
        if (sign != '+' && !isVariable) {
            int lineStart = text.lastIndexOf('\n') + 1;
            boolean startsLine = lineStart > 0 || pos == 0 || source.charAt(pos - 1) == '\n';
            if (startsLine && PyText.lstrip(text.substring(lineStart), null).isEmpty()) {
                return text.substring(0, lineStart);
            }
        }
        return text;
    }

    private void skipComment(int from) {
        int end = source.indexOf("#}", from);
        if (end < 0) {
            throw error("missing end of comment tag");
        }
        char before = end > from ? source.charAt(end - 1) : ' ';
        pos = end + 2;
        skipAfterBlock(before);
    }

    private void readRaw() {
        Matcher begin = matcher(RAW_BEGIN);
        begin.lookingAt();
        pos = begin.end();
        Matcher end = matcher(RAW_END);
        if (!end.find()) {
            throw error("missing end of raw directive");
        }
        String sign = end.group(1);
        addData(trimBefore(source.substring(pos, end.start()), sign.isEmpty() ? ' ' : sign.charAt(0), false));
        pos = end.end();
    }

    private void readTag(boolean isVariable) {
        Deque<Character> open = new ArrayDeque<>();
        while (pos < source.length()) {
            countLines();
            if (open.isEmpty() && endOfTag(isVariable)) {
                return;
            }
            char c = source.charAt(pos);
            if (PyText.isSpace(c)) {
                pos++;
            } else if (c >= '0' && c <= '9') {
                readNumber();
            } else if (c == '_' || Character.isUnicodeIdentifierStart(source.codePointAt(pos))) {
                readName();
            } else if (c == '"' || c == '\'') {
                readString(c);
            } else {
                readOperator(open);
            }
        }
    }

    private boolean endOfTag(boolean isVariable) {
        char c = source.charAt(pos);
        boolean signed = c == '-' || (c == '+' && !isVariable);
        String closing = isVariable ? "}}" : "%}";
        if (!source.startsWith(closing, pos + (signed ? 1 : 0))) {
            return false;
        }
        add(isVariable ? Token.Type.VARIABLE_END : Token.Type.BLOCK_END, closing, null);
        pos += signed ? 3 : 2;
        if (!isVariable || c == '-') {
            skipAfterBlock(c);
        }
        return true;
    }

    private void skipAfterBlock(char sign) {
        if (sign == '-') {
            while (pos < source.length() && PyText.isSpace(source.charAt(pos))) {
                pos++;
            }
        } else if (sign != '+' && pos < source.length() && source.charAt(pos) == '\n') {
            pos++;
        }
    }

    private void readNumber() {
        Matcher decimal = matcher(FLOAT);
        if (decimal.lookingAt()) {
            add(Token.Type.FLOAT, decimal.group(), Double.valueOf(decimal.group().replace("_", "")));
            pos = decimal.end();
            return;
        }
        Matcher integer = matcher(INTEGER);
        integer.lookingAt();
        String digits = integer.group().replace("_", "");
        if (digits.length() > MAX_INTEGER_DIGITS) {
            throw error("integer literal of " + digits.length() + " digits, at most " + MAX_INTEGER_DIGITS + " are allowed");
        }
        int radix = digits.length() < 2 ? 10 : switch (digits.charAt(1)) {
            case 'b', 'B' -> 2;
            case 'o', 'O' -> 8;
            case 'x', 'X' -> 16;
            default -> 10;
        };
        BigInteger value = new BigInteger(radix == 10 ? digits : digits.substring(2), radix);
        add(Token.Type.INTEGER, integer.group(), Numbers.narrow(value));
        pos = integer.end();
    }

    private void readName() {
        int end = pos;
        while (end < source.length() && Character.isUnicodeIdentifierPart(source.codePointAt(end))
                && !Character.isIdentifierIgnorable(source.codePointAt(end))) {
            end += Character.charCount(source.codePointAt(end));
        }
        if (end == pos) {
            throw error("unexpected character '" + Character.toString(source.codePointAt(pos)) + "'");
        }
        add(Token.Type.NAME, source.substring(pos, end), null);
        pos = end;
    }

    private void readString(char quote) {
        int end = pos + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw error("string literal without closing " + quote);
        }
        String body = source.substring(pos + 1, end);
        try {
            add(Token.Type.STRING, source.substring(pos, end + 1), PyText.unescape(body));
        } catch (IllegalArgumentException e) {
            throw error(e.getMessage());
        }
        pos = end + 1;
    }

    private void readOperator(Deque<Character> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, pos)) {
                char c = operator.charAt(0);
                switch (c) {
                    case '(' -> open.push(')');
                    case '[' -> open.push(']');
                    case '{' -> open.push('}');
                    case ')', ']', '}' -> {
                        if (open.isEmpty() || open.pop() != c) {
                            throw error("unexpected '" + c + "'");
                        }
                    }
                    default -> { }
                }
                add(Token.Type.OPERATOR, operator, null);
                pos += operator.length();
                return;
            }
        }
        throw error("unexpected character '" + Character.toString(source.codePointAt(pos)) + "'");
    }

    private Matcher matcher(Pattern pattern) {
        return pattern.matcher(source).useTransparentBounds(true).region(pos, source.length());
    }

    private void addData(String text) {
        countLines();
        if (!text.isEmpty()) {
            add(Token.Type.DATA, text, null);
        }
    }

    private void add(Token.Type type, String text, Object value) {
        tokens.add(new Token(type, text, value, line));
    }

    private void countLines() {
        for (; counted < pos; counted++) {
            if (source.charAt(counted) == '\n') {
                line++;
            }
        }
    }

    private TemplateException error(String message) {
        countLines();
        return new TemplateException(Kind.SYNTAX, line, message);
    }
}
