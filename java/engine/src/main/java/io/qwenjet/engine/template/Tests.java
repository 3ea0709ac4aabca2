// SPDX-License-Identifier: Apache-2.0
// The tests behind `is`, select and reject.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Markup;
import io.qwenjet.engine.template.Values.View;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class Tests {
    private static final Set<String> ONE_ARGUMENT = Set.of("divisibleby", "sameas", "in", "==", "eq", "equalto", "!=", "ne",
            ">", "gt", "greaterthan", ">=", "ge", "<", "lt", "lessthan", "<=", "le");
    private static final Set<String> NO_ARGUMENT = Set.of("odd", "even", "defined", "undefined", "filter", "test", "none",
            "boolean", "false", "true", "integer", "float", "lower", "upper", "string", "mapping", "number", "sequence",
            "iterable", "callable", "escaped");

    private Tests() {}

    static boolean exists(String name) {
        return ONE_ARGUMENT.contains(name) || NO_ARGUMENT.contains(name);
    }

    static boolean apply(String name, Object value, Arguments arguments, RenderState state) {
        if (ONE_ARGUMENT.contains(name)) {
            return binary(name, value, arguments.bind(state, "test " + name, 1, "other")[0], state);
        }
        if (!NO_ARGUMENT.contains(name)) {
            throw state.error("unknown test '" + name + "'");
        }
        arguments.bind(state, "test " + name, 0);
        return switch (name) {
            case "odd" -> Operators.equal(Operators.binary("%", value, 2L, state), 1L, state);
            case "even" -> Operators.equal(Operators.binary("%", value, 2L, state), 0L, state);
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "filter" -> Values.text(value) != null && Filters.exists(Values.text(value));
            case "test" -> Values.text(value) != null && exists(Values.text(value));
            case "none" -> value == null;
            case "boolean" -> value instanceof Boolean;
            case "false" -> Boolean.FALSE.equals(value);
            case "true" -> Boolean.TRUE.equals(value);
            case "integer" -> value instanceof Number && !(value instanceof Double);
            case "float" -> value instanceof Double;
            case "number" -> Numbers.of(value) != null;
            case "lower" -> TextMethods.hasCase(Repr.str(value, state), false);
            case "upper" -> TextMethods.hasCase(Repr.str(value, state), true);
            case "string" -> Values.text(value) != null;
            case "mapping" -> value instanceof Map;
            case "sequence" -> Values.text(value) != null || value instanceof List || value instanceof Map
                    || value instanceof Undefined;
            case "iterable" -> Values.isIterable(value) || value instanceof View;
            case "callable" -> value instanceof Function || value instanceof Undefined;
            default -> value instanceof Markup;
        };
    }

    private static boolean binary(String name, Object value, Object other, RenderState state) {
        return switch (name) {
            case "divisibleby" -> Operators.equal(Operators.binary("%", value, other, state), 0L, state);
            case "sameas" -> value == other || (value instanceof Boolean && value.equals(other));
            case "in" -> Operators.contains(other, value, state);
            case "==", "eq", "equalto" -> Operators.equal(value, other, state);
            case "!=", "ne" -> !Operators.equal(value, other, state);
            case ">", "gt", "greaterthan" -> Operators.ordered(value, other, ">", state);
            case ">=", "ge" -> Operators.ordered(value, other, ">=", state);
            case "<", "lt", "lessthan" -> Operators.ordered(value, other, "<", state);
            default -> Operators.ordered(value, other, "<=", state);
        };
    }
}
