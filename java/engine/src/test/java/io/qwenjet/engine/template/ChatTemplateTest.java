// SPDX-License-Identifier: Apache-2.0
// What the API promises beyond rendering: errors with kind and line, limits, data that stays data, shared use.
package io.qwenjet.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.template.TemplateException.Kind;
import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class ChatTemplateTest {
    private static String render(String template, Map<String, ?> variables) {
        return ChatTemplate.compile(template).render(variables);
    }

    private static TemplateException failure(String template, Map<String, ?> variables) {
        return assertThrows(TemplateException.class, () -> render(template, variables), template);
    }

    private static TemplateException failureWithin(TemplateLimits limits, String template) {
        return assertThrows(TemplateException.class,
                () -> ChatTemplate.compile(template).render(Map.of(), limits, Clock.systemUTC()), template);
    }

    @Test
    void templateSyntaxInMessagesIsData() {
        String hostile = "{{ 7 * 7 }}{% raise %}{# x #}\r\n{{ messages }}";
        assertEquals("[" + hostile + "]", render("[{{ text }}]", Map.of("text", hostile)));
        assertEquals(hostile.toUpperCase(), render("{{ text | upper }}", Map.of("text", hostile)));
    }

    @Test
    void raisedMessageComesThroughUnchanged() {
        TemplateException e = failure("a\n{{ raise_exception('Roles must alternate: ' ~ n) }}", Map.of("n", 3));
        assertEquals(Kind.RAISED, e.kind());
        assertEquals("Roles must alternate: 3", e.getMessage());
        assertEquals(2, e.line());
    }

    @Test
    void syntaxErrorsNameLineAndConstruct() {
        TemplateException tag = failure("a\nb\n{% include 'x' %}", Map.of());
        assertEquals(Kind.SYNTAX, tag.kind());
        assertEquals(3, tag.line());
        assertTrue(tag.getMessage().contains("'include'"), tag.getMessage());
        TemplateException filter = failure("\n{{ x | urlize }}", Map.of());
        assertEquals(2, filter.line());
        assertTrue(filter.getMessage().contains("urlize"), filter.getMessage());
        assertTrue(failure("{% if x %}", Map.of()).getMessage().contains("endif"));
        assertTrue(failure("{% for x in y recursive %}{% endfor %}", Map.of()).getMessage().contains("recursive"));
    }

    @Test
    void evaluationErrorsNameLineAndCause() {
        TemplateException e = failure("{% if true %}\n\n{{ message.foo.bar }}{% endif %}", Map.of("message", Map.of()));
        assertEquals(Kind.EVALUATION, e.kind());
        assertEquals(3, e.line());
        assertTrue(e.getMessage().contains("'dict object' has no attribute 'foo'"), e.getMessage());
    }

    @Test
    void mutationIsRefusedAndTheCallersValuesStayAsTheyWere() {
        List<Object> messages = new ArrayList<>(List.of("a"));
        TemplateException e = failure("{% set _ = messages.append(1) %}", Map.of("messages", messages));
        assertEquals(Kind.SECURITY, e.kind());
        assertEquals(List.of("a"), messages);
        assertEquals(Kind.SECURITY, failure("{{ ''.__class__.__mro__ }}", Map.of()).kind());
    }

    @Test
    void javaNumbersKeepTheirKind() {
        Map<String, Object> v = new LinkedHashMap<>();
        v.put("i", 3);
        v.put("l", 3L);
        v.put("f", 0.5f);
        v.put("d", 2.0);
        v.put("b", BigInteger.TEN.pow(30));
        v.put("n", null);
        assertEquals("3 3 0.5 2.0 1000000000000000000000000000000 None {\"i\": 3, \"d\": 2.0}",
                render("{{ i }} {{ l }} {{ f }} {{ d }} {{ b }} {{ n }} {{ {'i': i, 'd': d} | tojson }}", v));
        assertEquals(Kind.EVALUATION, failure("x", Map.of("o", new Object())).kind());
    }

    @Test
    void limitsEndRunawayRenderings() {
        TemplateLimits small = new TemplateLimits(10_000, 1_000, 1_000_000, 100);
        for (String template : List.of(
                "{{ 'x' * 10001 }}",
                "{{ [0] * 99999999 }}",
                "{% for i in range(2000) %}{% endfor %}",
                "{% for i in range(900) %}{{ 'aaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
                "{{ 10 ** 1000000 }}",
                "{{ 'a'.center(99999999) }}{{ 'a' | indent(999999999) }}",
                "{{ '%999999s' % 'x' }}",
                "{{ 'aaaa'.replace('', 'x' * 9000) }}",
                "{{ range(100001) }}")) {
            assertEquals(Kind.LIMIT, failureWithin(small, template).kind(), template);
        }
    }

    @Test
    void deepNestingIsATypedError() {
        for (String[] parts : new String[][] {{"(", "1", ")"}, {"[", "", "]"}, {"{1:", "1", "}"}, {"not ", "1", ""}, {"-", "1", ""},
            {"1 if 1 else ", "1", ""}, {"x(", "", ")"}, {"x[", "1", "]"}, {"1+(", "1", ")"}}) {
            String source = "{{ " + parts[0].repeat(20_000) + parts[1] + parts[2].repeat(20_000) + " }}";
            assertEquals(Kind.LIMIT, failure(source, Map.of()).kind(), parts[0]);
        }
        assertEquals(Kind.LIMIT, failure("{% if 1 %}".repeat(20_000) + "{% endif %}".repeat(20_000), Map.of()).kind());
        assertEquals(Kind.LIMIT, failure("{{ 1" + "+1".repeat(20_000) + " }}", Map.of()).kind());
        assertEquals(Kind.LIMIT, failure("{{ x" + "|string".repeat(20_000) + " }}", Map.of()).kind());
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            deep = new ArrayList<>(List.of(deep));
        }
        assertEquals(Kind.LIMIT, failure("{{ deep }}", Map.of("deep", deep)).kind());
    }

    @Test
    void compiledTemplateIsSharedByThreads() throws Exception {
        ChatTemplate template = ChatTemplate.compile(
                "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + m %}{% endfor %}{{ ns.n }}");
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Callable<String>> tasks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int value = i;
                tasks.add(() -> template.render(Map.of("messages", List.of(value, value, 1))));
            }
            List<Future<String>> results = pool.invokeAll(tasks);
            for (int i = 0; i < results.size(); i++) {
                assertEquals(String.valueOf(2 * i + 1), results.get(i).get());
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void limitsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new TemplateLimits(0, 1, 1, 1));
        Map<String, Object> withNullKey = new HashMap<>();
        withNullKey.put("m", new HashMap<>(Map.of("a", 1)));
        assertFalse(render("{{ m }}", withNullKey).isEmpty());
    }
}
