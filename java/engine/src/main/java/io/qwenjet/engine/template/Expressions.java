// SPDX-License-Identifier: Apache-2.0
// The kinds of expression and how each computes its value.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Expressions {
    private Expressions() {}

    record Literal(int line, Object value) implements Expression {
        @Override
        public Object compute(Scope scope) {
            return value;
        }
    }

    record Name(int line, String name) implements Expression {
        @Override
        public Object compute(Scope scope) {
            return scope.get(name);
        }
    }

    record Sequence(int line, List<Expression> elements, boolean isTuple) implements Expression {
        @Override
        public Object compute(Scope scope) {
            List<Object> values = evalAll(elements, scope);
            return isTuple ? new Tuple(values) : values;
        }
    }

    record Dict(int line, List<Expression> keys, List<Expression> values) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Map<Object, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                CollectionMethods.put(map, keys.get(i).eval(scope), values.get(i).eval(scope), scope.state());
            }
            return map;
        }
    }

    record Attribute(int line, Expression owner, String name) implements Expression {
        @Override
        public Object compute(Scope scope) {
            return Access.attribute(owner.eval(scope), name, scope.state());
        }
    }

    record Item(int line, Expression owner, Expression key) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Object value = owner.eval(scope);
            return Access.item(value, key.eval(scope), scope.state());
        }
    }

    /** Bounds are null where the source leaves them out. */
    record Slice(int line, Expression owner, Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public Object compute(Scope scope) {
            return Access.slice(owner.eval(scope), optional(start, scope), optional(stop, scope), optional(step, scope),
                    scope.state());
        }

        private static Object optional(Expression bound, Scope scope) {
            return bound == null ? null : bound.eval(scope);
        }
    }

    /** The argument list of a call, filter or test; the star forms are null when absent. */
    record CallArguments(List<Expression> positional, List<String> names, List<Expression> named, Expression star,
            Expression doubleStar) {
        static final CallArguments NONE = new CallArguments(List.of(), List.of(), List.of(), null, null);

        Arguments eval(Scope scope) {
            if (this == NONE) {
                return Arguments.NONE;
            }
            RenderState state = scope.state();
            List<Object> values = evalAll(positional, scope);
            Map<String, Object> byName = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                byName.put(names.get(i), named.get(i).eval(scope));
            }
            if (star != null) {
                List<Object> more = Values.elements(star.eval(scope), state);
                state.reserveElements(more.size());
                values.addAll(more);
            }
            if (doubleStar != null) {
                if (!(doubleStar.eval(scope) instanceof Map<?, ?> map)) {
                    throw state.error("argument after ** must be a mapping");
                }
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    String name = TextMethods.string(entry.getKey(), "keyword name", state);
                    if (byName.put(name, entry.getValue()) != null) {
                        throw state.error("got multiple values for keyword argument '" + name + "'");
                    }
                }
            }
            return new Arguments(values, byName);
        }
    }

    record Call(int line, Expression callee, CallArguments arguments) implements Expression {
        @Override
        public Object compute(Scope scope) {
            return invoke(callee.eval(scope), arguments.eval(scope), scope.state());
        }

        static Object invoke(Object callee, Arguments arguments, RenderState state) {
            Operators.failIfUndefined(callee, state);
            if (callee instanceof Function function) {
                return function.call(state, arguments);
            }
            throw state.error("'" + Values.typeName(callee) + "' object is not callable");
        }
    }

    /** One {@code |name(arguments)}; also used by filter and set blocks, which have no expression before it. */
    record FilterStep(int line, String name, CallArguments arguments) {
        Object apply(Object value, Scope scope) {
            Arguments evaluated = arguments.eval(scope);
            scope.state().at(line);
            return Filters.apply(name, value, evaluated, scope.state());
        }
    }

    record Filtered(int line, Expression base, FilterStep step) implements Expression {
        @Override
        public Object compute(Scope scope) {
            return step.apply(base.eval(scope), scope);
        }
    }

    record Test(int line, Expression subject, String name, CallArguments arguments) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Object value = subject.eval(scope);
            return Tests.apply(name, value, arguments.eval(scope), scope.state());
        }
    }

    record Unary(int line, String operator, Expression operand) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Object value = operand.eval(scope);
            if (operator.equals("not")) {
                return !Values.truth(value);
            }
            Operators.failIfUndefined(value, scope.state());
            Number number = Numbers.of(value);
            if (number == null) {
                throw scope.state().error("bad operand type for unary " + operator + ": '" + Values.typeName(value) + "'");
            }
            return operator.equals("-") ? Numbers.negate(number) : number;
        }
    }

    record Binary(int line, String operator, Expression left, Expression right) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Object a = left.eval(scope);
            Object b = right.eval(scope);
            scope.state().at(line);
            return Operators.binary(operator, a, b, scope.state());
        }
    }

    /** {@code and} and {@code or}: the value of the operand that decides. */
    record Logical(int line, boolean isAnd, Expression left, Expression right) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Object value = left.eval(scope);
            return Values.truth(value) == isAnd ? right.eval(scope) : value;
        }
    }

    /** {@code a < b <= c ...}: each operand is evaluated once, the rest not at all after the first false. */
    record Comparison(int line, Expression first, List<String> operators, List<Expression> operands) implements Expression {
        @Override
        public Object compute(Scope scope) {
            Object left = first.eval(scope);
            for (int i = 0; i < operators.size(); i++) {
                Object right = operands.get(i).eval(scope);
                if (!holds(operators.get(i), left, right, scope.state())) {
                    return false;
                }
                left = right;
            }
            return true;
        }

        private static boolean holds(String operator, Object a, Object b, RenderState state) {
            return switch (operator) {
                case "==" -> Operators.equal(a, b, state);
                case "!=" -> !Operators.equal(a, b, state);
                case "in" -> Operators.contains(b, a, state);
                case "not in" -> !Operators.contains(b, a, state);
                default -> Operators.ordered(a, b, operator, state);
            };
        }
    }

    record Concatenation(int line, List<Expression> parts) implements Expression {
        @Override
        public Object compute(Scope scope) {
            StringBuilder out = new StringBuilder();
            for (Expression part : parts) {
                String text = Repr.str(part.eval(scope), scope.state());
                scope.state().reserveGrowth(out.length(), (long) out.length() + text.length());
                out.append(text);
            }
            return out.toString();
        }
    }

    /** {@code a if condition else b}; {@code otherwise} is null when left out. */
    record Conditional(int line, Expression condition, Expression then, Expression otherwise) implements Expression {
        @Override
        public Object compute(Scope scope) {
            if (Values.truth(condition.eval(scope))) {
                return then.eval(scope);
            }
            return otherwise != null ? otherwise.eval(scope) : Undefined.because("the inline if-expression on line " + line
                    + " evaluated to false and no else section was defined.");
        }
    }

    static List<Object> evalAll(List<Expression> expressions, Scope scope) {
        scope.state().reserveElements(expressions.size());
        List<Object> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(expression.eval(scope));
        }
        return values;
    }
}
