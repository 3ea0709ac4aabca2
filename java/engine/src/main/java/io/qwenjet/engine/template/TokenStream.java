// SPDX-License-Identifier: Apache-2.0
// A cursor over tokens with the checks both parsers share, nesting included.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.TemplateException.Kind;
import java.util.List;

final class TokenStream {
    private final List<Token> tokens;
    private final int maxDepth;
    private int at;
    private int depth;

    TokenStream(List<Token> tokens, int maxDepth) {
        this.tokens = tokens;
        this.maxDepth = maxDepth;
    }

    Token current() {
        return tokens.get(at);
    }

    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    boolean isName(String name) {
        return current().isName(name);
    }

    boolean isOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean skipName(String name) {
        boolean found = isName(name);
        if (found) {
            next();
        }
        return found;
    }

    boolean skipOperator(String operator) {
        boolean found = isOperator(operator);
        if (found) {
            next();
        }
        return found;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw error("expected '" + operator + "', got " + current().describe());
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw error("expected '" + name + "', got " + current().describe());
        }
    }

    String expectAnyName() {
        return expect(Token.Type.NAME, "name").text();
    }

    Token expect(Token.Type type, String what) {
        if (current().type() != type) {
            throw error("expected " + what + ", got " + current().describe());
        }
        return next();
    }

    void enter() {
        if (++depth > maxDepth) {
            throw new TemplateException(Kind.LIMIT, current().line(), "template nested deeper than " + maxDepth);
        }
    }

    void leave() {
        depth--;
    }

    TemplateException error(String message) {
        return new TemplateException(Kind.SYNTAX, current().line(), message);
    }
}
