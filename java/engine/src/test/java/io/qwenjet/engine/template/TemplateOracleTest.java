// SPDX-License-Identifier: Apache-2.0
// Every rendering here was made by jinja2 itself under Hugging Face's settings; ours must be the same text, or an
// error where Jinja raises one.
package io.qwenjet.engine.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.SharedFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TemplateOracleTest {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2025-03-07T09:05:02Z"), ZoneOffset.UTC);

    @SuppressWarnings("unchecked")
    static Map<String, Object> resource(String name) throws IOException {
        try (InputStream in = TemplateOracleTest.class.getResourceAsStream("/template/" + name)) {
            return new ObjectMapper().readValue(in, Map.class);
        }
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> maps(Object list) {
        return (List<Map<String, Object>>) list;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> variablesOf(Map<String, Object> file, Map<String, Object> test) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("messages", ((List<Object>) file.get("conversations")).get((Integer) test.get("conversation")));
        variables.put("bos_token", "<s>");
        variables.put("eos_token", "</s>");
        variables.putAll(maps(file.get("settings")).get((Integer) test.get("settings")));
        return variables;
    }

    @Test
    @SuppressWarnings("unchecked")
    void snippetsRenderAsJinjaDoes() throws IOException {
        Map<String, Object> file = resource("jinja_snippets.json");
        Map<String, Object> variables = (Map<String, Object>) file.get("variables");
        List<String> differences = new ArrayList<>();
        for (Map<String, Object> test : maps(file.get("cases"))) {
            compare((String) test.get("template"), variables, test, differences);
        }
        assertEquals(List.of(), differences);
        assertTrue(maps(file.get("cases")).size() > 800);
    }

    @Test
    @SuppressWarnings("unchecked")
    void chatTemplatesOfEveryFamilyRenderAsJinjaDoes() throws IOException {
        Map<String, Object> file = resource("chat_templates.json");
        Map<String, String> templates = (Map<String, String>) file.get("templates");
        List<String> differences = new ArrayList<>();
        for (Map<String, Object> test : maps(file.get("cases"))) {
            compare(templates.get(test.get("template")), variablesOf(file, test), test, differences);
        }
        assertEquals(List.of(), differences);
        assertTrue(maps(file.get("cases")).size() > 300);
    }

    @Test
    @SuppressWarnings("unchecked")
    void publishedQwen3TemplateRendersTheConformanceCases() throws IOException {
        ObjectMapper json = new ObjectMapper();
        Map<String, Object> config = json.readValue(SharedFolder.path("tokenizers/qwen3/tokenizer_config.json").toFile(), Map.class);
        ChatTemplate template = ChatTemplate.compile((String) config.get("chat_template"));
        List<String> lines = Files.readAllLines(SharedFolder.path("conformance/text/chat.jsonl"));
        assertTrue(lines.size() > 10);
        for (String line : lines) {
            Map<String, Object> test = json.readValue(line, Map.class);
            assertEquals(test.get("rendered"), template.render(test), line);
        }
    }

    private static void compare(String template, Map<String, Object> variables, Map<String, Object> test,
            List<String> differences) {
        String got;
        try {
            got = ChatTemplate.compile(template).render(variables, TemplateLimits.defaults(), CLOCK);
        } catch (TemplateException e) {
            if (test.containsKey("expected")) {
                differences.add(template + "\n  expected " + test.get("expected") + "\n  got error " + e.getMessage());
            }
            return;
        }
        if (!got.equals(test.get("expected"))) {
            differences.add(template + "\n  expected " + test.getOrDefault("expected", test.get("error")) + "\n  got " + got);
        }
    }
}
