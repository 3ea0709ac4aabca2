// SPDX-License-Identifier: Apache-2.0
// What one rendering carries along: the text being written, the current line and the budgets of TemplateLimits.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.TemplateException.Kind;
import java.time.Clock;

final class RenderState {
    private final TemplateLimits limits;
    private final Clock clock;
    private StringBuilder out = new StringBuilder();
    private long steps;
    private long iterations;
    private int depth;
    private int line;

    RenderState(TemplateLimits limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
    }

    Clock clock() {
        return clock;
    }

    void at(int newLine) {
        line = newLine;
    }

    /** Balanced by leave() on the normal path only: an exception ends the whole rendering. */
    void enter() {
        if (++depth > limits.maxDepth()) {
            throw limit("nesting deeper than " + limits.maxDepth());
        }
        charge(1);
    }

    void leave() {
        depth--;
    }

    void charge(long cost) {
        steps += cost;
        if (steps > limits.maxSteps()) {
            throw limit("rendering takes more than " + limits.maxSteps() + " steps");
        }
    }

    void countIteration() {
        if (++iterations > limits.maxIterations()) {
            throw limit("more than " + limits.maxIterations() + " loop iterations");
        }
        charge(1);
    }

    /** Called before text of this length is created. */
    void reserveText(long length) {
        if (length > limits.maxOutputChars()) {
            throw limit("text longer than " + limits.maxOutputChars() + " characters");
        }
        charge(length);
    }

    /** As reserveText for text built up in place: the limit looks at the whole, only the new part costs steps. */
    void reserveGrowth(long before, long after) {
        if (after > limits.maxOutputChars()) {
            throw limit("text longer than " + limits.maxOutputChars() + " characters");
        }
        charge(after - before);
    }

    /** Called before a list of this size is created; an element counts as four characters. */
    void reserveElements(long count) {
        reserveText(count > Long.MAX_VALUE / 4 ? Long.MAX_VALUE / 4 : count * 4);
    }

    void write(String text) {
        reserveGrowth(out.length(), (long) out.length() + text.length());
        out.append(text);
    }

    StringBuilder startCapture() {
        StringBuilder outer = out;
        out = new StringBuilder();
        return outer;
    }

    String endCapture(StringBuilder outer) {
        String text = out.toString();
        out = outer;
        return text;
    }

    String output() {
        return out.toString();
    }

    TemplateException error(String message) {
        return new TemplateException(Kind.EVALUATION, line, message);
    }

    TemplateException security(String message) {
        return new TemplateException(Kind.SECURITY, line, message);
    }

    TemplateException raised(String message) {
        return new TemplateException(Kind.RAISED, line, message);
    }

    TemplateException limit(String message) {
        return new TemplateException(Kind.LIMIT, line, message);
    }
}
