// SPDX-License-Identifier: Apache-2.0
// Parses operands: literals, names, displays, and what follows them - attributes, subscripts, calls, filters, tests.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Expressions.CallArguments;
import io.qwenjet.engine.template.Expressions.FilterStep;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

final class OperandParser {
    private final TokenStream in;
    private final ExpressionParser expressions;
    private int conditionalDepth;
    private TemplateException unknown;
    private Set<String> readNames = new HashSet<>();

    OperandParser(TokenStream in, ExpressionParser expressions) {
        this.in = in;
        this.expressions = expressions;
    }

    /** Between these two, unknown filters and tests are left to fail when they are reached. */
    void enterConditional() {
        conditionalDepth++;
    }

    void leaveConditional() {
        conditionalDepth--;
    }

    /** The first unknown filter or test since the last call, or null. */
    TemplateException takeUnknown() {
        TemplateException taken = unknown;
        unknown = null;
        return taken;
    }

    void restoreUnknown(TemplateException earlier) {
        unknown = earlier;
    }

    private void noteUnknown(boolean exists, String what, String name) {
        if (!exists && conditionalDepth == 0 && unknown == null) {
            unknown = in.error("unknown " + what + " '" + name + "'");
        }
    }

    /** Starts recording the names that are read, for macros; give the result to endRecording. */
    Set<String> startRecording() {
        Set<String> outer = readNames;
        readNames = new HashSet<>();
        return outer;
    }

    Set<String> endRecording(Set<String> outer) {
        Set<String> recorded = readNames;
        readNames = outer;
        readNames.addAll(recorded);
        return recorded;
    }

    Expression parsePrimary() {
        Token token = in.next();
        int line = token.line();
        switch (token.type()) {
            case NAME -> {
                switch (token.text()) {
                    case "true", "True", "false", "False" -> {
                        return new Expressions.Literal(line, token.text().equalsIgnoreCase("true"));
                    }
                    case "none", "None" -> {
                        return new Expressions.Literal(line, null);
                    }
                    default -> {
                        readNames.add(token.text());
                        return new Expressions.Name(line, token.text());
                    }
                }
            }
            case STRING -> {
                StringBuilder text = new StringBuilder((String) token.value());
                while (in.current().type() == Token.Type.STRING) {
                    text.append(in.next().value());
                }
                return new Expressions.Literal(line, text.toString());
            }
            case INTEGER, FLOAT -> {
                return new Expressions.Literal(line, token.value());
            }
            case OPERATOR -> {
                switch (token.text()) {
                    case "(" -> {
                        Expression inner = expressions.parseTuple(true, null, true);
                        in.expectOperator(")");
                        return inner;
                    }
                    case "[" -> {
                        return parseList(line);
                    }
                    case "{" -> {
                        return parseDict(line);
                    }
                    default -> throw unexpected(token);
                }
            }
            default -> throw unexpected(token);
        }
    }

    private TemplateException unexpected(Token token) {
        return new TemplateException(TemplateException.Kind.SYNTAX, token.line(), "unexpected " + token.describe());
    }

    private Expression parseList(int line) {
        List<Expression> elements = new ArrayList<>();
        while (!in.isOperator("]")) {
            elements.add(expressions.parse());
            if (!in.skipOperator(",")) {
                break;
            }
        }
        in.expectOperator("]");
        return new Expressions.Sequence(line, elements, false);
    }

    private Expression parseDict(int line) {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!in.isOperator("}")) {
            keys.add(expressions.parse());
            in.expectOperator(":");
            values.add(expressions.parse());
            if (!in.skipOperator(",")) {
                break;
            }
        }
        in.expectOperator("}");
        return new Expressions.Dict(line, keys, values);
    }

    Expression parsePostfix(Expression base) {
        Expression expression = base;
        while (true) {
            int line = in.current().line();
            if (in.skipOperator(".")) {
                Token name = in.next();
                expression = switch (name.type()) {
                    case NAME -> new Expressions.Attribute(line, expression, name.text());
                    case INTEGER -> new Expressions.Item(line, expression, new Expressions.Literal(line, name.value()));
                    default -> throw unexpected(name);
                };
            } else if (in.skipOperator("[")) {
                expression = parseSubscript(line, expression);
            } else if (in.isOperator("(")) {
                expression = new Expressions.Call(line, expression, parseArguments());
            } else {
                return expression;
            }
        }
    }

    private Expression parseSubscript(int line, Expression owner) {
        Expression start = in.isOperator(":") ? null : expressions.parse();
        if (!in.skipOperator(":")) {
            List<Expression> keys = new ArrayList<>(List.of(start));
            boolean isTuple = in.isOperator(",");
            while (in.skipOperator(",")) {
                keys.add(expressions.parse());
            }
            in.expectOperator("]");
            return new Expressions.Item(line, owner, isTuple ? new Expressions.Sequence(line, keys, true) : start);
        }
        Expression stop = in.isOperator(":") || in.isOperator("]") ? null : expressions.parse();
        Expression step = in.skipOperator(":") && !in.isOperator("]") ? expressions.parse() : null;
        in.expectOperator("]");
        return new Expressions.Slice(line, owner, start, stop, step);
    }

    Expression parseFiltersAndTests(Expression base) {
        Expression expression = base;
        while (true) {
            int line = in.current().line();
            if (in.skipOperator("|")) {
                expression = new Expressions.Filtered(line, expression, parseFilterStep());
            } else if (in.skipName("is")) {
                expression = parseTest(line, expression);
            } else if (in.isOperator("(")) {
                expression = new Expressions.Call(line, expression, parseArguments());
            } else {
                return expression;
            }
        }
    }

    FilterStep parseFilterStep() {
        int line = in.current().line();
        String name = parseDottedName();
        noteUnknown(Filters.exists(name), "filter", name);
        return new FilterStep(line, name, in.isOperator("(") ? parseArguments() : CallArguments.NONE);
    }

    private String parseDottedName() {
        StringBuilder name = new StringBuilder(in.expectAnyName());
        while (in.skipOperator(".")) {
            name.append('.').append(in.expectAnyName());
        }
        return name.toString();
    }

    private Expression parseTest(int line, Expression subject) {
        boolean negated = in.skipName("not");
        String name = parseDottedName();
        noteUnknown(Tests.exists(name), "test", name);
        CallArguments arguments = CallArguments.NONE;
        Token token = in.current();
        if (token.isOperator("(")) {
            arguments = parseArguments();
        } else if (startsTestArgument(token)) {
            if (token.isName("is")) {
                throw in.error("you cannot chain multiple tests with is");
            }
            Expression argument = parsePostfix(parsePrimary());
            arguments = new CallArguments(List.of(argument), List.of(), List.of(), null, null);
        }
        Expression test = new Expressions.Test(line, subject, name, arguments);
        return negated ? new Expressions.Unary(line, "not", test) : test;
    }

    private static boolean startsTestArgument(Token token) {
        return switch (token.type()) {
            case NAME -> !Set.of("else", "or", "and").contains(token.text());
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.text().equals("[") || token.text().equals("{");
            default -> false;
        };
    }

    CallArguments parseArguments() {
        in.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Expression> named = new ArrayList<>();
        Expression star = null;
        Expression doubleStar = null;
        while (!in.isOperator(")")) {
            boolean allowed;
            if (in.skipOperator("*")) {
                allowed = star == null && doubleStar == null;
                star = expressions.parse();
            } else if (in.skipOperator("**")) {
                allowed = doubleStar == null;
                doubleStar = expressions.parse();
            } else if (in.current().type() == Token.Type.NAME && in.look().isOperator("=")) {
                allowed = doubleStar == null && !names.contains(in.current().text());
                names.add(in.next().text());
                in.next();
                named.add(expressions.parse());
            } else {
                allowed = star == null && doubleStar == null && names.isEmpty();
                positional.add(expressions.parse());
            }
            if (!allowed) {
                throw in.error("invalid syntax for function call expression");
            }
            if (!in.skipOperator(",")) {
                break;
            }
        }
        in.expectOperator(")");
        return new CallArguments(positional, names, named, star, doubleStar);
    }
}
