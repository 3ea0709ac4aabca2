// SPDX-License-Identifier: Apache-2.0
// Streaming search for stop strings. Text is released as soon as no stop string can begin in it any more.
package io.qwenjet.engine.output;

import java.util.List;

/**
 * Passes text through until a stop string is complete.
 *
 * <p>The stop string that is completed first decides; when several end at the same character, the first in list
 * order. That makes the result independent of how the text is cut into pieces. Text is held back only while it is the
 * beginning of some stop string, so at most one character less than the longest. Not safe for use by several threads.
 */
public final class StopStringMatcher {
    private final List<String> stops;
    private final boolean includeStop;
    private final StringBuilder held = new StringBuilder();
    private String matched;

    /**
     * Creates a matcher for one generated text.
     *
     * @param stops strings to stop at, none of them empty; may be empty itself
     * @param includeStop whether the matched string stays in the text
     * @throws IllegalArgumentException if a stop string is empty
     */
    public StopStringMatcher(List<String> stops, boolean includeStop) {
        this.stops = List.copyOf(stops);
        this.includeStop = includeStop;
        if (this.stops.contains("")) {
            throw new IllegalArgumentException("stop strings must not be empty");
        }
    }

    /** Returns the text that is certain now; empty once a stop string was found. */
    public String accept(String piece) {
        if (matched != null) {
            return "";
        }
        int before = held.length();
        held.append(piece);
        int end = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = held.indexOf(stop, Math.max(0, before - stop.length() + 1));
            if (at >= 0 && at + stop.length() < end) {
                end = at + stop.length();
                matched = stop;
            }
        }
        if (matched != null) {
            String text = held.substring(0, includeStop ? end : end - matched.length());
            held.setLength(0);
            return text;
        }
        return release();
    }

    /** As accept, for text before min_tokens is reached: a stop string complete within it does not count. */
    public String acceptUnchecked(String piece) {
        if (matched != null) {
            return "";
        }
        held.append(piece);
        return release();
    }

    /** Returns what was held back; call it when generation ended for another reason. */
    public String finish() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }

    /** {@return the stop string that was found, or null} */
    public String matched() {
        return matched;
    }

    private String release() {
        int keep = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > keep; length--) {
                if (endsWith(stop, length)) {
                    keep = length;
                }
            }
        }
        String text = held.substring(0, held.length() - keep);
        held.delete(0, held.length() - keep);
        return text;
    }

    private boolean endsWith(String stop, int length) {
        int offset = held.length() - length;
        for (int i = 0; i < length; i++) {
            if (held.charAt(offset + i) != stop.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
