// SPDX-License-Identifier: Apache-2.0
// Recursive descent over Jinja's expression grammar, lowest precedence first:
// inline if, or, and, not, comparisons, + -, ~, * / // %, **, unary signs; then OperandParser.
package io.qwenjet.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final TokenStream in;
    private final OperandParser operands;

    ExpressionParser(TokenStream in) {
        this.in = in;
        this.operands = new OperandParser(in, this);
    }

    OperandParser operands() {
        return operands;
    }

    Expression parse() {
        return parse(true);
    }

    private Expression parse(boolean withConditional) {
        in.enter();
        Expression expression = withConditional ? parseConditional() : parseOr();
        in.leave();
        return expression;
    }

    /** An expression, or a tuple when a comma follows. {@code stop} names what ends a tuple early, or null. */
    Expression parseTuple(boolean withConditional, String stop) {
        return parseTuple(withConditional, stop, false);
    }

    Expression parseTuple(boolean withConditional, String stop, boolean mayBeEmpty) {
        int line = in.current().line();
        List<Expression> elements = new ArrayList<>();
        boolean isTuple = false;
        while (!endsTuple(stop)) {
            elements.add(parse(withConditional));
            if (!in.skipOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (!isTuple && !elements.isEmpty()) {
            return elements.get(0);
        }
        if (elements.isEmpty() && !mayBeEmpty) {
            throw in.error("expected an expression, got " + in.current().describe());
        }
        return new Expressions.Sequence(line, elements, true);
    }

    private boolean endsTuple(String stop) {
        Token token = in.current();
        return token.type() == Token.Type.VARIABLE_END || token.type() == Token.Type.BLOCK_END || token.isOperator(")")
                || (stop != null && token.isName(stop));
    }

    private Expression parseConditional() {
        int line = in.current().line();
        TemplateException before = operands.takeUnknown();
        Expression expression = parseOr();
        boolean hasBranches = in.isName("if");
        while (in.skipName("if")) {
            Expression condition = parseOr();
            Expression otherwise = null;
            if (in.skipName("else")) {
                in.enter();
                otherwise = parseConditional();
                in.leave();
            }
            expression = new Expressions.Conditional(line, condition, expression, otherwise);
        }
        // Of a branch that may never be taken, unknown filters and tests are reported only when reached, as in Jinja.
        if (hasBranches || before != null) {
            operands.restoreUnknown(before);
        }
        return expression;
    }

    private Expression parseOr() {
        int line = in.current().line();
        Expression left = parseAnd();
        while (in.skipName("or")) {
            left = new Expressions.Logical(line, false, left, parseAnd());
        }
        return left;
    }

    private Expression parseAnd() {
        int line = in.current().line();
        Expression left = parseNot();
        while (in.skipName("and")) {
            left = new Expressions.Logical(line, true, left, parseNot());
        }
        return left;
    }

    private Expression parseNot() {
        int line = in.current().line();
        if (!in.skipName("not")) {
            return parseComparison();
        }
        in.enter();
        Expression operand = parseNot();
        in.leave();
        return new Expressions.Unary(line, "not", operand);
    }

    private Expression parseComparison() {
        int line = in.current().line();
        Expression first = parseSum();
        List<String> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        while (true) {
            Token token = in.current();
            if (token.type() == Token.Type.OPERATOR && COMPARISONS.contains(token.text())) {
                operators.add(in.next().text());
            } else if (in.skipName("in")) {
                operators.add("in");
            } else if (in.isName("not") && in.look().isName("in")) {
                in.next();
                in.next();
                operators.add("not in");
            } else {
                break;
            }
            others.add(parseSum());
        }
        return operators.isEmpty() ? first : new Expressions.Comparison(line, first, operators, others);
    }

    private Expression parseSum() {
        int line = in.current().line();
        Expression left = parseConcatenation();
        while (in.isOperator("+") || in.isOperator("-")) {
            left = new Expressions.Binary(line, in.next().text(), left, parseConcatenation());
        }
        return left;
    }

    private Expression parseConcatenation() {
        int line = in.current().line();
        Expression first = parseProduct();
        if (!in.isOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (in.skipOperator("~")) {
            parts.add(parseProduct());
        }
        return new Expressions.Concatenation(line, parts);
    }

    private Expression parseProduct() {
        int line = in.current().line();
        Expression left = parsePower();
        while (in.isOperator("*") || in.isOperator("/") || in.isOperator("//") || in.isOperator("%")) {
            left = new Expressions.Binary(line, in.next().text(), left, parsePower());
        }
        return left;
    }

    private Expression parsePower() {
        int line = in.current().line();
        Expression left = parseUnary(true);
        while (in.skipOperator("**")) {
            left = new Expressions.Binary(line, "**", left, parseUnary(true));
        }
        return left;
    }

    private Expression parseUnary(boolean withFilter) {
        int line = in.current().line();
        Expression expression;
        if (in.isOperator("-") || in.isOperator("+")) {
            String sign = in.next().text();
            in.enter();
            expression = new Expressions.Unary(line, sign, parseUnary(false));
            in.leave();
        } else {
            expression = operands.parsePrimary();
        }
        expression = operands.parsePostfix(expression);
        return withFilter ? operands.parseFiltersAndTests(expression) : expression;
    }
}
