// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.qwenjet.engine.template.ChatTemplate;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TemplateTest {
  @Test
  void javaRendersAndMarksAsTheTemplateDoes() {
    TemplateRenderer renderer = new TemplateRenderer(TokenizerFiles.chatTemplate());
    assertTrue(renderer.isFast());
    for (CorpusLine line : RendererSamples.lines()) {
      Rendering slow = renderer.slow(line);
      Rendering fast = QwenRenderer.render(line);
      assertEquals(slow.text(), fast.text());
      assertEquals(slow.runs(), fast.runs(), () -> line + "\n" + slow.text());
    }
  }

  @Test
  void publishedTemplateRendersTheSame() throws IOException {
    Path folder = sharedFolder().resolve("tokenizers/qwen3");
    assumeTrue(Files.isDirectory(folder), "the published Qwen3 tokenizer is not there");
    ChatTemplate published = ChatTemplate.compile(TokenizerFiles.readChatTemplate(folder));
    ChatTemplate ours = ChatTemplate.compile(TokenizerFiles.chatTemplate());
    for (CorpusLine line : RendererSamples.lines()) {
      for (boolean prompt : new boolean[] {false, true}) {
        Map<String, Object> variables = variables(line, prompt);
        assertEquals(published.render(variables), ours.render(variables));
      }
    }
  }

  @Test
  void aTemplateOfAnotherKindIsRenderedItself() throws CorpusLine.MalformedLineException {
    String chatMl =
        "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\\n' ~ m.content ~ '<|im_end|>\\n' }}"
            + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
    TemplateRenderer renderer = new TemplateRenderer(chatMl);
    assertFalse(renderer.isFast());
    CorpusLine line =
        CorpusLine.parse(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
                + "{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"c\"},"
                + "{\"role\":\"assistant\",\"content\":\"d\"}]}");
    assertEquals(List.of("b<|im_end|>", "d<|im_end|>"), parts(renderer.render(line), Rendering.Kind.ANSWER));
    assertEquals(List.of("a", "c"), parts(renderer.render(line), Rendering.Kind.PROMPT));
  }

  /** The folder of shared material, beside the checkout or where the environment says. */
  private static Path sharedFolder() {
    String given = System.getenv("QWENJET_SHARED");
    Path at = Path.of("").toAbsolutePath();
    while (given == null && at != null && !Files.isDirectory(at.resolveSibling("shared"))) {
      at = at.getParent();
    }
    return given != null ? Path.of(given) : at == null ? Path.of("shared") : at.resolveSibling("shared");
  }

  static List<String> parts(Rendering rendering, Rendering.Kind kind) {
    List<String> parts = new ArrayList<>();
    int from = 0;
    for (Rendering.Run run : rendering.runs()) {
      if (run.kind() == kind) {
        parts.add(rendering.text().substring(from, run.end()));
      }
      from = run.end();
    }
    return parts;
  }

  private static Map<String, Object> variables(CorpusLine line, boolean prompt) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("messages", line.messages());
    variables.put("add_generation_prompt", prompt);
    if (line.tools() != null) {
      variables.put("tools", line.tools());
    }
    if (line.enableThinking() != null) {
      variables.put("enable_thinking", line.enableThinking());
    }
    return variables;
  }
}
