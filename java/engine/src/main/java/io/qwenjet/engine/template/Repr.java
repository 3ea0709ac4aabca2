// SPDX-License-Identifier: Apache-2.0
// str() and repr() of template values.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Markup;
import io.qwenjet.engine.template.Values.Namespace;
import io.qwenjet.engine.template.Values.Range;
import io.qwenjet.engine.template.Values.Tuple;
import io.qwenjet.engine.template.Values.View;
import java.util.List;
import java.util.Map;

final class Repr {
    private Repr() {}

    static String str(Object value, RenderState state) {
        if (value instanceof String s) {
            return s;
        } else if (value instanceof Markup m) {
            return m.text();
        } else if (value instanceof Undefined) {
            return "";
        }
        return repr(value, state);
    }

    static String repr(Object value, RenderState state) {
        StringBuilder out = new StringBuilder();
        append(out, value, state);
        return out.toString();
    }

    private static void append(StringBuilder out, Object value, RenderState state) {
        int before = out.length();
        if (value == null) {
            out.append("None");
        } else if (value instanceof Boolean b) {
            out.append(b ? "True" : "False");
        } else if (value instanceof Number n) {
            out.append(Numbers.text(n));
        } else if (value instanceof String s) {
            PyText.appendRepr(out, s);
        } else {
            state.enter();
            appendCompound(out, value, state);
            state.leave();
            return;
        }
        state.reserveGrowth(before, out.length());
    }

    private static void appendCompound(StringBuilder out, Object value, RenderState state) {
        if (value instanceof Markup m) {
            out.append("Markup(");
            PyText.appendRepr(out, m.text());
            out.append(')');
        } else if (value instanceof Range r) {
            long stop = r.start + r.step * r.size;
            out.append("range(").append(r.start).append(", ").append(stop);
            out.append(r.step == 1 ? ")" : ", " + r.step + ")");
        } else if (value instanceof Tuple tuple) {
            out.append('(');
            appendElements(out, tuple, state);
            out.append(tuple.size() == 1 ? ",)" : ")");
        } else if (value instanceof List<?> list) {
            out.append('[');
            appendElements(out, list, state);
            out.append(']');
        } else if (value instanceof Map<?, ?> map) {
            appendMap(out, map, state);
        } else if (value instanceof View view) {
            out.append(view.type()).append("([");
            appendElements(out, view.elements(), state);
            out.append("])");
        } else if (value instanceof Namespace namespace) {
            out.append("<Namespace ");
            appendMap(out, namespace.attributes(), state);
            out.append('>');
        } else if (value instanceof Macro macro) {
            out.append("<Macro '").append(macro.name()).append("'>");
        } else if (value instanceof Loop loop) {
            out.append("<LoopContext ").append(loop.position()).append('/').append(loop.length()).append('>');
        } else if (value instanceof Undefined) {
            out.append("Undefined");
        } else {
            out.append('<').append(Values.typeName(value)).append('>');
        }
    }

    private static void appendElements(StringBuilder out, List<?> elements, RenderState state) {
        for (int i = 0; i < elements.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            append(out, elements.get(i), state);
        }
    }

    private static void appendMap(StringBuilder out, Map<?, ?> map, RenderState state) {
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator);
            append(out, entry.getKey(), state);
            out.append(": ");
            append(out, entry.getValue(), state);
            separator = ", ";
        }
        out.append('}');
    }
}
