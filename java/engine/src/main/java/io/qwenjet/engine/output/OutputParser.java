// SPDX-License-Identifier: Apache-2.0
// The whole way from generated tokens to typed parts. Stop strings look at the raw text, tags included, so they come
// first; tool calls are looked for in content only.
package io.qwenjet.engine.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Turns generated tokens into reasoning, content and tool calls until a stop string ends the output.
 *
 * <p>One object serves one generated text and one thread at a time.
 */
public final class OutputParser {
    private final StopStringMatcher stops;
    private final ReasoningParser reasoning;
    private final ToolCallParser tools;

    /**
     * Creates the chain.
     *
     * @param stops not null; without stop strings it passes everything
     * @param reasoning not null; {@link ReasoningParser#off()} for models that do not think
     * @param tools null when calls are not to be looked for
     */
    public OutputParser(StopStringMatcher stops, ReasoningParser reasoning, ToolCallParser tools) {
        this.stops = Objects.requireNonNull(stops, "stops");
        this.reasoning = Objects.requireNonNull(reasoning, "reasoning");
        this.tools = tools;
    }

    /**
     * Returns the parts that are certain after one more token.
     *
     * @param tokenId the generated id
     * @param piece the text that the id completed, possibly empty
     * @param checkStops false while fewer than min_tokens tokens are generated
     */
    public List<OutputPart> accept(int tokenId, String piece, boolean checkStops) {
        if (stopString() != null) {
            return List.of();
        }
        reasoning.mark(tokenId, piece);
        String text = checkStops ? stops.accept(piece) : stops.acceptUnchecked(piece);
        return route(reasoning.release(text), false);
    }

    /** Returns what was held back; call it once, when generation has ended for whatever reason. */
    public List<OutputPart> finish() {
        List<OutputPart> parts = new ArrayList<>(reasoning.release(stops.finish()));
        parts.addAll(reasoning.finish());
        return route(parts, true);
    }

    /** {@return the stop string that ended the output, or null} */
    public String stopString() {
        return stops.matched();
    }

    private List<OutputPart> route(List<OutputPart> parts, boolean atEnd) {
        if (tools == null) {
            return parts;
        }
        List<OutputPart> routed = new ArrayList<>();
        for (OutputPart part : parts) {
            if (part instanceof OutputPart.Content content) {
                routed.addAll(tools.accept(content.text()));
            } else {
                routed.add(part);
            }
        }
        if (atEnd) {
            routed.addAll(tools.finish());
        }
        return routed;
    }
}
