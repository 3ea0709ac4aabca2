// SPDX-License-Identifier: Apache-2.0
// One lexical element of a template.
package io.qwenjet.engine.template;

/** A token; {@code value} is the decoded literal for STRING, INTEGER and FLOAT, else null. */
record Token(Type type, String text, Object value, int line) {
    enum Type { DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END }

    boolean isName(String name) {
        return type == Type.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return type == Type.OPERATOR && text.equals(operator);
    }

    String describe() {
        return switch (type) {
            case END -> "end of template";
            case BLOCK_END -> "end of statement block";
            case VARIABLE_END -> "end of print statement";
            case DATA -> "template data / text";
            default -> "'" + text + "'";
        };
    }
}
