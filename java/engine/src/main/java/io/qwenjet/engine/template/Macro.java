// SPDX-License-Identifier: Apache-2.0
// A macro bound to the scope that defined it; calling one renders its body to text.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.Values.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

record Macro(Definition definition, Scope home) implements Function {
    /** Parameters with their defaults (null for none) and the implicit names that the body reads. */
    record Definition(String name, List<String> parameters, List<Expression> defaults, Block body, boolean takesVarargs,
            boolean takesKwargs, boolean takesCaller) {}

    String name() {
        return definition.name();
    }

    Object attribute(String name) {
        return switch (name) {
            case "name" -> definition.name();
            case "arguments" -> new Tuple(new ArrayList<>(definition.parameters()));
            case "catch_kwargs" -> definition.takesKwargs();
            case "catch_varargs" -> definition.takesVarargs();
            case "caller" -> definition.takesCaller();
            default -> Arguments.ABSENT;
        };
    }

    @Override
    public Object call(RenderState state, Arguments arguments) {
        Scope scope = new Scope(home);
        List<String> parameters = definition.parameters();
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        int given = Math.min(parameters.size(), arguments.positional().size());
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            if (i < given) {
                if (named.containsKey(parameter)) {
                    throw state.error("macro '" + name() + "' got multiple values for argument '" + parameter + "'");
                }
                scope.set(parameter, arguments.positional().get(i));
            } else if (named.containsKey(parameter)) {
                scope.set(parameter, named.remove(parameter));
            } else if (definition.defaults().get(i) != null) {
                scope.set(parameter, definition.defaults().get(i).eval(scope));
            } else {
                scope.set(parameter, Undefined.because("parameter '" + parameter + "' was not provided"));
            }
        }
        if (definition.takesCaller()) {
            Object caller = named.containsKey("caller") ? named.remove("caller") : Undefined.because("No caller defined");
            scope.set("caller", caller);
        }
        if (definition.takesKwargs()) {
            scope.set("kwargs", new LinkedHashMap<Object, Object>(named));
        } else if (!named.isEmpty()) {
            throw state.error("macro '" + name() + "' takes no keyword argument '" + named.keySet().iterator().next() + "'");
        }
        List<Object> extra = arguments.positional().subList(given, arguments.positional().size());
        if (definition.takesVarargs()) {
            scope.set("varargs", new Tuple(new ArrayList<>(extra)));
        } else if (!extra.isEmpty()) {
            throw state.error("macro '" + name() + "' takes not more than " + parameters.size() + " argument(s)");
        }
        state.enter();
        StringBuilder outer = state.startCapture();
        definition.body().run(scope);
        String text = state.endCapture(outer);
        state.leave();
        return text;
    }
}
