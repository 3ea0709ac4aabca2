// SPDX-License-Identifier: Apache-2.0
// The kinds of statement. Which of them open a scope decides what Jinja's assignments leak, so it is said at each.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Namespace;
import java.util.ArrayList;
import java.util.List;

final class Statements {
    private Statements() {}

    record Text(int line, String text) implements Statement {
        @Override
        public Flow run(Scope scope) {
            scope.state().write(text);
            return Flow.NEXT;
        }
    }

    record Output(int line, Expression expression) implements Statement {
        @Override
        public Flow run(Scope scope) {
            Object value = expression.eval(scope);
            scope.state().write(Repr.str(value, scope.state()));
            return Flow.NEXT;
        }
    }

    /** No scope: assignments inside a branch stay visible. */
    record If(int line, List<Expression> conditions, List<Block> branches, Block otherwise) implements Statement {
        @Override
        public Flow run(Scope scope) {
            Block chosen = otherwise;
            for (int i = 0; i < conditions.size(); i++) {
                if (Values.truth(conditions.get(i).eval(scope))) {
                    chosen = branches.get(i);
                    break;
                }
            }
            scope.state().enter();
            Flow flow = chosen.run(scope);
            scope.state().leave();
            return flow;
        }
    }

    /** A scope an iteration. {@code filter} is null without one. */
    record For(int line, Target target, Expression iterable, Expression filter, Block body, Block otherwise)
            implements Statement {
        @Override
        public Flow run(Scope scope) {
            RenderState state = scope.state();
            List<Object> elements = Values.elements(iterable.eval(scope), state);
            if (filter != null) {
                elements = filtered(elements, scope);
            }
            Loop loop = new Loop(elements);
            boolean ranThrough = false;
            state.enter();
            for (Object element : elements) {
                state.countIteration();
                state.at(line);
                loop.advance();
                Scope iteration = new Scope(scope);
                iteration.set("loop", loop);
                target.assign(iteration, element);
                Flow flow = body.run(iteration);
                if (flow == Flow.BREAK) {
                    break;
                }
                ranThrough |= flow == Flow.NEXT;
            }
            // Jinja decides on else by whether any iteration reached its end, so a break or continue in the first
            // iteration also leads here.
            if (!ranThrough) {
                otherwise.run(new Scope(scope));
            }
            state.leave();
            return Flow.NEXT;
        }

        private List<Object> filtered(List<Object> elements, Scope scope) {
            List<Object> kept = new ArrayList<>();
            for (Object element : elements) {
                scope.state().countIteration();
                Scope inner = new Scope(scope);
                target.assign(inner, element);
                if (Values.truth(filter.eval(inner))) {
                    kept.add(element);
                }
            }
            return kept;
        }
    }

    record Leave(int line, Flow flow) implements Statement {
        @Override
        public Flow run(Scope scope) {
            return flow;
        }
    }

    record Assign(int line, Target target, Expression value) implements Statement {
        @Override
        public Flow run(Scope scope) {
            target.assign(scope, value.eval(scope));
            return Flow.NEXT;
        }
    }

    /** {@code set x}...{@code endset}: the body has its own scope. */
    record AssignBlock(int line, Target target, List<Expressions.FilterStep> filters, Block body) implements Statement {
        @Override
        public Flow run(Scope scope) {
            target.assign(scope, applyAll(filters, body.capture(scope), scope));
            return Flow.NEXT;
        }
    }

    record FilterBlock(int line, List<Expressions.FilterStep> filters, Block body) implements Statement {
        @Override
        public Flow run(Scope scope) {
            Object value = applyAll(filters, body.capture(scope), scope);
            scope.state().write(Repr.str(value, scope.state()));
            return Flow.NEXT;
        }
    }

    record DefineMacro(int line, Macro.Definition definition) implements Statement {
        @Override
        public Flow run(Scope scope) {
            scope.set(definition.name(), new Macro(definition, scope));
            return Flow.NEXT;
        }
    }

    /** {@code call}: the body becomes the macro {@code caller} of the called macro. */
    record CallBlock(int line, Expressions.Call call, Macro.Definition caller) implements Statement {
        @Override
        public Flow run(Scope scope) {
            Arguments arguments = call.arguments().eval(scope);
            java.util.Map<String, Object> named = new java.util.LinkedHashMap<>(arguments.named());
            named.put("caller", new Macro(caller, scope));
            Object value = Expressions.Call.invoke(call.callee().eval(scope), new Arguments(arguments.positional(), named),
                    scope.state());
            scope.state().write(Repr.str(value, scope.state()));
            return Flow.NEXT;
        }
    }

    /** {@code with} and {@code generation}: a scope, with values computed outside of it. */
    record Scoped(int line, List<Target> targets, List<Expression> values, Block body) implements Statement {
        @Override
        public Flow run(Scope scope) {
            Scope inner = new Scope(scope);
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, values.get(i).eval(scope));
            }
            scope.state().enter();
            Flow flow = body.run(inner);
            scope.state().leave();
            return flow;
        }
    }

    /** Where a value goes: a name, an attribute of a namespace, or a tuple of targets. */
    sealed interface Target {
        void assign(Scope scope, Object value);
    }

    record NameTarget(String name) implements Target {
        @Override
        public void assign(Scope scope, Object value) {
            scope.set(name, value);
        }
    }

    record NamespaceTarget(String name, String attribute) implements Target {
        @Override
        public void assign(Scope scope, Object value) {
            if (!(scope.get(name) instanceof Namespace namespace)) {
                throw scope.state().error("cannot assign attribute on non-namespace object '" + name + "'");
            }
            namespace.attributes().put(attribute, value);
        }
    }

    record TupleTarget(List<Target> targets) implements Target {
        @Override
        public void assign(Scope scope, Object value) {
            if (value instanceof Undefined) {
                Operators.failIfUndefined(value, scope.state());
            }
            List<Object> values = Values.elements(value, scope.state());
            if (values.size() != targets.size()) {
                throw scope.state().error("cannot unpack " + values.size() + " values into " + targets.size() + " names");
            }
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(scope, values.get(i));
            }
        }
    }

    private static Object applyAll(List<Expressions.FilterStep> filters, Object text, Scope scope) {
        Object value = text;
        for (Expressions.FilterStep filter : filters) {
            value = filter.apply(value, scope);
        }
        return value;
    }
}
