// SPDX-License-Identifier: Apache-2.0
// A line as the tokenizer's trainer counts it: rendered by the chat template and cut at the added
// tokens, which no merge touches.
package io.qwenjet.train.cli;

import io.qwenjet.engine.template.ChatTemplate;
import io.qwenjet.engine.text.Pretokenizer;
import io.qwenjet.train.data.CorpusLine;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

final class TrainerText {
  private final ChatTemplate template = ChatTemplate.compile(TokenizerFiles.chatTemplate());
  private final Pattern added =
      Pattern.compile(
          BpeModel.QWEN3_TOKENS.stream()
              .map(token -> Pattern.quote(token.text()))
              .collect(Collectors.joining("|")));

  /** The stretches of text between added tokens. */
  List<String> parts(CorpusLine line) {
    String whole = line.text() == null ? render(line) : line.text();
    return added.splitAsStream(whole).filter(part -> !part.isEmpty()).toList();
  }

  private String render(CorpusLine line) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("messages", line.messages());
    if (line.tools() != null) {
      variables.put("tools", line.tools());
    }
    if (line.enableThinking() != null) {
      variables.put("enable_thinking", line.enableThinking());
    }
    variables.put("add_generation_prompt", false);
    return Pretokenizer.normalize(template.render(variables));
  }
}
