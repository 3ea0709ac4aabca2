// SPDX-License-Identifier: Apache-2.0
// The `loop` variable of a running for statement.
package io.qwenjet.engine.template;

import java.util.List;

final class Loop {
    private final List<Object> elements;
    private int index = -1;
    private List<Object> lastChanged;

    Loop(List<Object> elements) {
        this.elements = elements;
    }

    void advance() {
        index++;
    }

    int length() {
        return elements.size();
    }

    int position() {
        return index + 1;
    }

    Object attribute(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) length() - index;
            case "revindex0" -> length() - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == length() - 1;
            case "length" -> (long) length();
            // Jinja counts recursive calls of one loop here, not enclosing loops.
            case "depth" -> 1L;
            case "depth0" -> 0L;
            case "previtem" -> index > 0 ? elements.get(index - 1) : Undefined.because("there is no previous item");
            case "nextitem" -> index + 1 < length() ? elements.get(index + 1) : Undefined.because("there is no next item");
            case "cycle" -> (Function) this::cycle;
            case "changed" -> (Function) this::changed;
            default -> Arguments.ABSENT;
        };
    }

    private Object cycle(RenderState state, Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw state.error("no items for cycling given");
        }
        return arguments.positional().get(Math.max(0, index) % arguments.positional().size());
    }

    private Object changed(RenderState state, Arguments arguments) {
        boolean changed = lastChanged == null || !Operators.equal(lastChanged, arguments.positional(), state);
        lastChanged = arguments.positional();
        return changed;
    }
}
