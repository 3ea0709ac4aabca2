// SPDX-License-Identifier: Apache-2.0
// Seeded mutation of templates and variables: whatever comes in, a rendering ends soon, with text or with a
// TemplateException. -Dqwenjet.fuzz.seconds=N runs longer, -Dqwenjet.fuzz.seed=S elsewhere.
package io.qwenjet.engine.template;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TemplateMutationTest {
    private static final TemplateLimits LIMITS = new TemplateLimits(1 << 20, 20_000, 2_000_000, 100);
    private static final String[] PIECES = {"{{", "}}", "{%", "%}", "{%-", "-%}", "{#", "#}", "(", ")", "[", "]", "{", "}", "'",
        "\"", "\\", "|", ".", ",", ":", "=", "==", "~", "*", "**", "//", "%", " in ", " is ", " not ", " and ", " or ", " if ",
        " else ", "for ", "endfor", "endif", "set ", "macro ", "endmacro", "range(9999)", "namespace()", "loop", "messages", "none",
        "true", "-1", "0", "1e308", "9223372036854775807", "x", "|tojson", "|map('upper')", "|list", "|sort", "|join", "|length",
        ".items()", ".split()", "[::-1]", "[1:]", "\n", "\u0000", "\ud83d", "é", "|groupby(0)", "|indent(99999)", "'%s' % x",
        "'{}'.format(x)", "raw", "endraw", "break", "continue", "generation", "call f()", "caller()", "* 99999", "** 999"};

    @Test
    @SuppressWarnings("unchecked")
    void mutatedTemplatesAndVariablesRaiseOnlyTemplateException() throws IOException {
        // A number, not a time: a busy machine tests the same. The property adds as many seconds to it.
        long seconds = Long.getLong("qwenjet.fuzz.seconds", 0);
        long seed = Long.getLong("qwenjet.fuzz.seed", 20250307);
        Random random = new Random(seed);
        Map<String, Object> snippets = TemplateOracleTest.resource("jinja_snippets.json");
        Map<String, Object> chats = TemplateOracleTest.resource("chat_templates.json");
        List<String> corpus = new ArrayList<>();
        TemplateOracleTest.maps(snippets.get("cases")).forEach(test -> corpus.add((String) test.get("template")));
        List<String> templates = new ArrayList<>(((Map<String, String>) chats.get("templates")).values());
        List<Map<String, Object>> cases = TemplateOracleTest.maps(chats.get("cases"));
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        long slowest = 0;
        int rendered = 0;
        int refused = 0;
        while (rendered + refused < 3000 || System.nanoTime() < end) {
            boolean isChat = random.nextInt(3) == 0;
            List<String> pool = isChat ? templates : corpus;
            String source = mutate(pool.get(random.nextInt(pool.size())), pool, random);
            Map<String, Object> variables = isChat
                    ? TemplateOracleTest.variablesOf(chats, cases.get(random.nextInt(cases.size())))
                    : (Map<String, Object>) snippets.get("variables");
            if (random.nextInt(3) == 0) {
                variables = (Map<String, Object>) mutateValue(variables, random, 0);
            }
            long start = System.nanoTime();
            try {
                ChatTemplate.compile(source).render(variables, LIMITS, TemplateOracleTest.CLOCK);
                rendered++;
            } catch (TemplateException e) {
                refused++;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + " template: " + source, e);
            }
            slowest = Math.max(slowest, System.nanoTime() - start);
        }
        assertTrue(rendered > 100 && refused > 100, rendered + " rendered, " + refused + " refused");
        assertTrue(slowest < 20_000_000_000L, "slowest rendering took " + slowest / 1_000_000 + " ms");
    }

    private static String mutate(String source, List<String> pool, Random random) {
        StringBuilder text = new StringBuilder(source);
        for (int edits = random.nextInt(4); edits >= 0; edits--) {
            int at = random.nextInt(text.length() + 1);
            int length = Math.min(text.length() - at, 1 + random.nextInt(8));
            switch (random.nextInt(5)) {
                case 0 -> text.delete(at, at + length);
                case 1 -> text.insert(at, text.substring(at, at + length));
                case 2 -> {
                    String other = pool.get(random.nextInt(pool.size()));
                    int from = random.nextInt(other.length() + 1);
                    text.insert(at, other, from, Math.min(other.length(), from + random.nextInt(40)));
                }
                default -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
            }
        }
        return text.toString();
    }

    private static Object mutateValue(Object value, Random random, int depth) {
        if (depth > 0 && random.nextInt(12) == 0) {
            Object[] others = {null, true, 0, -1L, 1.5, Double.NaN, "", "{{ x }}", "\ud800", List.of(), Map.of(), List.of(1, "a"),
                Map.of("role", "user")};
            return others[random.nextInt(others.length)];
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((k, v) -> {
                if (depth == 0 || random.nextInt(15) != 0) {
                    copy.put(k, mutateValue(v, random, depth + 1));
                }
            });
            return copy;
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>();
            list.forEach(v -> copy.add(mutateValue(v, random, depth + 1)));
            return copy;
        }
        return value;
    }
}
