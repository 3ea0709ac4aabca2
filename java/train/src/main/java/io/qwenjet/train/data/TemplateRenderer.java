// SPDX-License-Identifier: Apache-2.0
// Renders lines by a checkpoint's own chat template and finds what may be trained: an answer counts
// only where the prompt that the engine would give, followed by the answer as the last message, is a
// beginning of the whole rendering. Earlier turns whose thinking the template drops fall out by that.
package io.qwenjet.train.data;

import io.qwenjet.engine.template.ChatTemplate;
import io.qwenjet.engine.text.Pretokenizer;
import io.qwenjet.train.data.Rendering.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

final class TemplateRenderer {
  private static final String END = "<|im_end|>";
  /** Lines between two comparisons of the fast way with the template. */
  private static final int CHECK_EVERY = 997;

  private final ChatTemplate template;
  private boolean fast;
  private long rendered;

  TemplateRenderer(String source) {
    template = ChatTemplate.compile(source);
    fast = true;
    for (CorpusLine sample : RendererSamples.lines()) {
      fast = fast && agrees(sample, QwenRenderer.render(sample));
    }
  }

  /** Whether the template was found equal to the fast way. */
  boolean isFast() {
    return fast;
  }

  Rendering render(CorpusLine line) {
    if (line.text() != null) {
      return new Rendering.Builder().add(Kind.PROMPT, line.text()).build();
    }
    if (fast) {
      Rendering quick = QwenRenderer.render(line);
      if (rendered++ % CHECK_EVERY != 0 || agrees(line, quick)) {
        return quick;
      }
      fast = false;
    }
    return slow(line);
  }

  private boolean agrees(CorpusLine line, Rendering quick) {
    return quick.text().equals(render(line, line.messages().size(), false, true));
  }

  /** Rendering by the template alone. */
  Rendering slow(CorpusLine line) {
    List<Map<String, Object>> messages = line.messages();
    String full = render(line, messages.size(), false, true);
    byte[] kinds = new byte[full.length()];
    Arrays.fill(kinds, (byte) Kind.FIXED.ordinal());
    int toolsEnd = 0;
    for (Object tool : line.tools() == null ? List.of() : line.tools()) {
      String json = Pretokenizer.normalize(QwenRenderer.json(tool));
      int at = full.indexOf(json, toolsEnd);
      if (at >= 0) {
        toolsEnd = at + json.length();
        mark(kinds, at, toolsEnd, Kind.PROMPT);
      }
    }
    int from = 0;
    for (int i = 0; i < messages.size(); i++) {
      String content = Pretokenizer.normalize(String.valueOf(messages.get(i).get("content")));
      if (i > 0 || !"system".equals(messages.get(0).get("role"))) {
        from = Math.max(from, toolsEnd);
      }
      if (!"assistant".equals(messages.get(i).get("role"))) {
        int at = content.isEmpty() ? -1 : full.indexOf(content, from);
        if (at >= 0) {
          mark(kinds, at, at + content.length(), Kind.PROMPT);
          from = at + content.length();
        }
        continue;
      }
      if (i == 0) {
        // Without a message before it there is no prompt that it could answer.
        int at = full.indexOf(content, from);
        if (at >= 0) {
          from = stop(full, at);
          mark(kinds, at, from, Kind.HISTORY);
        }
        continue;
      }
      String bare = render(line, i, true, false);
      String prompt = render(line, i, true, true);
      String done = render(line, i + 1, false, true);
      boolean isPart = full.startsWith(done);
      if (isPart && done.startsWith(prompt)) {
        if (prompt.startsWith(bare)) {
          mark(kinds, bare.length(), prompt.length(), Kind.PREFILL);
        }
        from = stop(done, prompt.length());
        mark(kinds, prompt.length(), from, Kind.ANSWER);
      } else {
        // What stands before it may be rewritten as well: looked for by what opens the turn.
        String opens = bare.substring(render(line, i, false, false).length());
        int at = full.indexOf(opens, from);
        if (at >= 0) {
          from = stop(full, at + opens.length());
          mark(kinds, at + opens.length(), from, Kind.HISTORY);
        }
      }
    }
    return ofKinds(full, kinds);
  }

  /** The end of the turn that starts at {@code from}: after its end token. */
  private static int stop(String text, int from) {
    int end = text.indexOf(END, from);
    return end < 0 ? text.length() : end + END.length();
  }

  private static Rendering ofKinds(String text, byte[] kinds) {
    List<Rendering.Run> runs = new ArrayList<>();
    for (int i = 0; i < kinds.length; i++) {
      if (i + 1 == kinds.length || kinds[i + 1] != kinds[i]) {
        runs.add(new Rendering.Run(Kind.values()[kinds[i]], i + 1));
      }
    }
    return new Rendering(text, runs);
  }

  private static void mark(byte[] kinds, int from, int to, Kind kind) {
    Arrays.fill(kinds, from, Math.max(from, to), (byte) kind.ordinal());
  }

  /** The first {@code count} messages; without {@code withSwitch} the thinking switch stays unset. */
  private String render(CorpusLine line, int count, boolean generation, boolean withSwitch) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("messages", line.messages().subList(0, count));
    variables.put("add_generation_prompt", generation);
    if (line.tools() != null) {
      variables.put("tools", line.tools());
    }
    if (withSwitch && line.enableThinking() != null) {
      variables.put("enable_thinking", line.enableThinking());
    }
    return Pretokenizer.normalize(template.render(variables));
  }
}
