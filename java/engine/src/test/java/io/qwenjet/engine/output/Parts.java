// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of this package: joins parts, writes them as one line, and cuts text in every way.
package io.qwenjet.engine.output;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

final class Parts {
    private Parts() {}

    /** {@code R[..]C[..]T[name ..]} with neighbours of one kind joined. */
    static String describe(List<OutputPart> parts) {
        StringBuilder out = new StringBuilder();
        char open = ' ';
        for (OutputPart part : parts) {
            char kind = part instanceof OutputPart.Reasoning ? 'R' : part instanceof OutputPart.Content ? 'C' : 'T';
            if (kind != open || kind == 'T') {
                out.append(open == ' ' ? "" : "]").append(kind).append('[');
                open = kind;
            }
            if (part instanceof OutputPart.Reasoning r) {
                out.append(r.text());
            } else if (part instanceof OutputPart.Content c) {
                out.append(c.text());
            } else if (part instanceof OutputPart.Call t) {
                out.append(t.call().name()).append(' ').append(t.call().argumentsJson());
            }
        }
        return out.append(open == ' ' ? "" : "]").toString();
    }

    /** The text whole, at every single cut, at every pair of cuts, and character by character. */
    static void everyCut(String text, Consumer<List<String>> check) {
        check.accept(List.of(text));
        List<String> characters = new ArrayList<>();
        text.chars().forEach(c -> characters.add(String.valueOf((char) c)));
        check.accept(characters);
        for (int i = 0; i <= text.length(); i++) {
            for (int j = i; j <= text.length(); j++) {
                check.accept(List.of(text.substring(0, i), text.substring(i, j), text.substring(j)));
            }
        }
    }
}
