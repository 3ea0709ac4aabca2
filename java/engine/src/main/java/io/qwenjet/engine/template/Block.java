// SPDX-License-Identifier: Apache-2.0
// A list of statements, run until one of them leaves a loop.
package io.qwenjet.engine.template;

import java.util.List;

record Block(List<Statement> statements) {
    static final Block EMPTY = new Block(List.of());

    Statement.Flow run(Scope scope) {
        for (Statement statement : statements) {
            scope.state().at(statement.line());
            scope.state().charge(1);
            Statement.Flow flow = statement.run(scope);
            if (flow != Statement.Flow.NEXT) {
                return flow;
            }
        }
        return Statement.Flow.NEXT;
    }

    /** Runs in a scope of its own and gives the text instead of writing it. */
    String capture(Scope outer) {
        return captureIn(new Scope(outer));
    }

    String captureIn(Scope scope) {
        StringBuilder before = scope.state().startCapture();
        run(scope);
        return scope.state().endCapture(before);
    }
}
