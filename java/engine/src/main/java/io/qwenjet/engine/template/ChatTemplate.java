// SPDX-License-Identifier: Apache-2.0
// Entry point of the template engine: compiles a checkpoint's chat template once, renders it many times.
package io.qwenjet.engine.template;

import io.qwenjet.engine.template.TemplateException.Kind;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Renders conversations the way a checkpoint's own Jinja chat template says.
 *
 * <p>Behaves as Jinja2 does under Hugging Face's settings (trim_blocks, lstrip_blocks, loop controls, immutable
 * sandbox, their {@code tojson}). Immutable and safe for use by many threads. Values given to a rendering are data:
 * template syntax inside a message comes out as it went in.
 */
public final class ChatTemplate {
    private final Block root;

    private ChatTemplate(Block root) {
        this.root = root;
    }

    /**
     * Returns the compiled template.
     *
     * @param source template text, not null
     * @throws TemplateException if the source is malformed or uses a tag, filter or test this engine lacks
     */
    public static ChatTemplate compile(String source) {
        Objects.requireNonNull(source, "source");
        try {
            return new ChatTemplate(TemplateParser.parse(source, TemplateLimits.defaults().maxDepth()));
        } catch (StackOverflowError e) {
            // The depth limit comes first on an ordinary stack; a caller's thread may have a tiny one.
            throw new TemplateException(Kind.LIMIT, 0, "template nested too deeply for this thread's stack");
        }
    }

    /** As {@link #render(Map, TemplateLimits, Clock)} with default limits and the system clock. */
    public String render(Map<String, ?> variables) {
        return render(variables, TemplateLimits.defaults(), Clock.systemDefaultZone());
    }

    /**
     * Returns the text that the template makes of the variables.
     *
     * @param variables messages, tools, add_generation_prompt, bos_token and whatever else the template reads; values
     *     are Map, Collection, String, Number, Boolean or null in any nesting and are not modified
     * @param limits bounds of this rendering
     * @param clock what strftime_now shows
     * @throws TemplateException if the template raises an error, misuses a value or reaches a limit
     */
    public String render(Map<String, ?> variables, TemplateLimits limits, Clock clock) {
        RenderState state = new RenderState(limits, clock);
        try {
            Map<String, Object> context = new HashMap<>(Globals.all());
            for (Map.Entry<String, ?> variable : variables.entrySet()) {
                context.put(variable.getKey(), Values.adopt(variable.getValue(), state));
            }
            root.run(new Scope(new Scope(state, context)));
            return state.output();
        } catch (StackOverflowError e) {
            throw state.limit("rendering nested too deeply for this thread's stack");
        }
    }
}
