// SPDX-License-Identifier: Apache-2.0
// A node of the statement tree; it writes text, assigns variables, or ends an iteration.
package io.qwenjet.engine.template;

interface Statement {
    /** How the enclosing block goes on. */
    enum Flow { NEXT, BREAK, CONTINUE }

    int line();

    Flow run(Scope scope);
}
