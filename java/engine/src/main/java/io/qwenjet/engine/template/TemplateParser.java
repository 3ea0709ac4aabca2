// SPDX-License-Identifier: Apache-2.0
// Builds the statement tree. Every block tag this engine knows is in parseStatement; any other is an error by name.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Expressions.FilterStep;
import io.qwenjet.engine.template.Statements.NameTarget;
import io.qwenjet.engine.template.Statements.NamespaceTarget;
import io.qwenjet.engine.template.Statements.Target;
import io.qwenjet.engine.template.Statements.TupleTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

final class TemplateParser {
    private static final Set<String> RESERVED = Set.of("true", "false", "none", "True", "False", "None");

    private final TokenStream in;
    private final ExpressionParser expressions;
    private final OperandParser operands;
    private int loopDepth;

    private TemplateParser(TokenStream in) {
        this.in = in;
        this.expressions = new ExpressionParser(in);
        this.operands = expressions.operands();
    }

    static Block parse(String source, int maxDepth) {
        TemplateParser parser = new TemplateParser(new TokenStream(Lexer.tokenize(source), maxDepth));
        return parser.parseBlock("template");
    }

    /** Reads statements up to, and not including, a tag named in {@code ends}; the tag's {@code &#123;%} is consumed. */
    private Block parseBlock(String opener, String... ends) {
        in.enter();
        int openedAt = in.current().line();
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = in.next();
            switch (token.type()) {
                case DATA -> statements.add(new Statements.Text(token.line(), token.text()));
                case VARIABLE_BEGIN -> {
                    statements.add(new Statements.Output(token.line(), expressions.parseTuple(true, null)));
                    in.expect(Token.Type.VARIABLE_END, "end of print statement");
                }
                case BLOCK_BEGIN -> {
                    if (in.current().type() == Token.Type.NAME && List.of(ends).contains(in.current().text())) {
                        in.leave();
                        return new Block(List.copyOf(statements));
                    }
                    statements.add(parseStatement());
                    in.expect(Token.Type.BLOCK_END, "end of statement block");
                }
                default -> {
                    if (ends.length > 0) {
                        throw in.error("unexpected end of template; '" + opener + "' opened on line " + openedAt
                                + " needs '" + String.join("' or '", ends) + "'");
                    }
                    in.leave();
                    return new Block(List.copyOf(statements));
                }
            }
            TemplateException unknown = operands.takeUnknown();
            if (unknown != null) {
                throw unknown;
            }
        }
    }

    /** The rest of an opening tag, the body and its closing tag. */
    private Block parseBody(String opener, String end) {
        in.expect(Token.Type.BLOCK_END, "end of statement block");
        Block body = parseBlock(opener, end);
        in.next();
        return body;
    }

    private Statement parseStatement() {
        Token tag = in.expect(Token.Type.NAME, "tag name");
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> parseIf(line);
            case "for" -> parseFor(line);
            case "set" -> parseSet(line);
            case "macro" -> parseMacro(line);
            case "call" -> parseCall(line);
            case "with" -> parseWith(line);
            case "filter" -> parseFilterBlock(line);
            // Marks assistant text for training masks; renders as a block that keeps its assignments to itself.
            case "generation" -> new Statements.Scoped(line, List.of(), List.of(), parseBody("generation", "endgeneration"));
            case "break" -> leave(line, Statement.Flow.BREAK, "break");
            case "continue" -> leave(line, Statement.Flow.CONTINUE, "continue");
            default -> throw new TemplateException(TemplateException.Kind.SYNTAX, line,
                    "unknown or unsupported tag '" + tag.text() + "'");
        };
    }

    private Statement leave(int line, Statement.Flow flow, String tag) {
        if (loopDepth == 0) {
            throw new TemplateException(TemplateException.Kind.SYNTAX, line, "'" + tag + "' outside of a loop");
        }
        return new Statements.Leave(line, flow);
    }

    private Statement parseIf(int line) {
        List<Expression> conditions = new ArrayList<>();
        List<Block> branches = new ArrayList<>();
        Block otherwise = Block.EMPTY;
        operands.enterConditional();
        String tag = "elif";
        while (tag.equals("elif")) {
            conditions.add(expressions.parseTuple(false, null));
            in.expect(Token.Type.BLOCK_END, "end of statement block");
            branches.add(parseBlock("if", "elif", "else", "endif"));
            tag = in.next().text();
        }
        if (tag.equals("else")) {
            otherwise = parseBody("if", "endif");
        }
        operands.leaveConditional();
        return new Statements.If(line, conditions, branches, otherwise);
    }

    private Statement parseFor(int line) {
        Target target = parseTarget(false, "in");
        in.expectName("in");
        Expression iterable = expressions.parseTuple(false, "recursive");
        Expression filter = in.skipName("if") ? expressions.parse() : null;
        if (in.isName("recursive")) {
            throw in.error("recursive loops are not supported");
        }
        in.expect(Token.Type.BLOCK_END, "end of statement block");
        loopDepth++;
        Block body = parseBlock("for", "endfor", "else");
        loopDepth--;
        Block otherwise = in.next().text().equals("else") ? parseBody("for", "endfor") : Block.EMPTY;
        return new Statements.For(line, target, iterable, filter, body, otherwise);
    }

    private Statement parseSet(int line) {
        Target target = parseTarget(true, null);
        if (in.skipOperator("=")) {
            return new Statements.Assign(line, target, expressions.parseTuple(true, null));
        }
        List<FilterStep> filters = parseFilters();
        return new Statements.AssignBlock(line, target, filters, parseBody("set", "endset"));
    }

    private List<FilterStep> parseFilters() {
        List<FilterStep> filters = new ArrayList<>();
        while (in.skipOperator("|")) {
            filters.add(operands.parseFilterStep());
        }
        return filters;
    }

    private Statement parseFilterBlock(int line) {
        List<FilterStep> filters = new ArrayList<>(List.of(operands.parseFilterStep()));
        filters.addAll(parseFilters());
        return new Statements.FilterBlock(line, filters, parseBody("filter", "endfilter"));
    }

    private Statement parseMacro(int line) {
        String name = parseTargetName();
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        parseSignature(parameters, defaults);
        return new Statements.DefineMacro(line, parseMacroBody(name, parameters, defaults, "macro", "endmacro"));
    }

    private Statement parseCall(int line) {
        // The signature of the caller comes before the call, its body after; so the call is parsed in between.
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (in.isOperator("(")) {
            parseSignature(parameters, defaults);
        }
        if (!(expressions.parse() instanceof Expressions.Call call)) {
            throw in.error("'call' needs a call");
        }
        return new Statements.CallBlock(line, call, parseMacroBody("caller", parameters, defaults, "call", "endcall"));
    }

    private void parseSignature(List<String> parameters, List<Expression> defaults) {
        in.expectOperator("(");
        boolean hasDefault = false;
        while (!in.isOperator(")")) {
            if (!parameters.isEmpty()) {
                in.expectOperator(",");
            }
            parameters.add(parseTargetName());
            if (in.skipOperator("=")) {
                hasDefault = true;
                defaults.add(expressions.parse());
            } else if (hasDefault) {
                throw in.error("non-default argument follows default argument");
            } else {
                defaults.add(null);
            }
        }
        in.expectOperator(")");
    }

    private Macro.Definition parseMacroBody(String name, List<String> parameters, List<Expression> defaults, String opener,
            String end) {
        int outerLoops = loopDepth;
        loopDepth = 0;
        Set<String> outer = operands.startRecording();
        Block body = parseBody(opener, end);
        Set<String> read = operands.endRecording(outer);
        loopDepth = outerLoops;
        return new Macro.Definition(name, parameters, defaults, body, takes("varargs", read, parameters),
                takes("kwargs", read, parameters), takes("caller", read, parameters));
    }

    private static boolean takes(String implicit, Set<String> read, List<String> parameters) {
        return read.contains(implicit) && !parameters.contains(implicit);
    }

    private Statement parseWith(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (in.current().type() != Token.Type.BLOCK_END) {
            if (!targets.isEmpty()) {
                in.expectOperator(",");
            }
            targets.add(parseTarget(false, null));
            in.expectOperator("=");
            values.add(expressions.parse());
        }
        return new Statements.Scoped(line, targets, values, parseBody("with", "endwith"));
    }

    private Target parseTarget(boolean withNamespace, String stop) {
        List<Target> targets = new ArrayList<>();
        boolean isTuple = false;
        while (!in.isOperator(")") && (stop == null || !in.isName(stop))) {
            targets.add(parseSingleTarget(withNamespace));
            if (!in.skipOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (targets.isEmpty()) {
            throw in.error("expected an assignment target, got " + in.current().describe());
        }
        return isTuple ? new TupleTarget(targets) : targets.get(0);
    }

    private Target parseSingleTarget(boolean withNamespace) {
        if (in.skipOperator("(")) {
            in.enter();
            Target inner = parseTarget(false, null);
            in.leave();
            in.expectOperator(")");
            return inner;
        }
        String name = parseTargetName();
        if (withNamespace && in.skipOperator(".")) {
            return new NamespaceTarget(name, in.expectAnyName());
        }
        return new NameTarget(name);
    }

    private String parseTargetName() {
        if (in.current().type() == Token.Type.NAME && RESERVED.contains(in.current().text())) {
            throw in.error("can't assign to " + in.current().describe());
        }
        return in.expectAnyName();
    }
}
