// SPDX-License-Identifier: Apache-2.0
// Chooses how the text of answers is taken apart: by the tags that the tokenizer knows and the format
// of tool calls that the chat template teaches. Answers to bare prompts stay as they are.
package io.qwenjet.engine;

import io.qwenjet.engine.output.OutputParser;
import io.qwenjet.engine.output.ReasoningParser;
import io.qwenjet.engine.output.StopStringMatcher;
import io.qwenjet.engine.output.ToolCallParser;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.text.Tokenizer;
import java.util.List;
import java.util.OptionalInt;

final class OutputFactory {
  private final ModelText files;
  private final OptionalInt openThink;
  private final OptionalInt closeThink;
  private final ToolCallParser.Format toolFormat;

  OutputFactory(ModelText files) {
    this.files = files;
    boolean readable = files.hasTokenizer();
    openThink = readable ? files.tokenizer().idOf("<think>") : OptionalInt.empty();
    closeThink = readable ? files.tokenizer().idOf("</think>") : OptionalInt.empty();
    toolFormat =
        files.templateMentions("<function=")
            ? ToolCallParser.Format.CODER
            : ToolCallParser.Format.HERMES;
  }

  ChoiceOutput newOutput(int choice, InferenceRequest request, boolean opensReasoning) {
    SamplingParameters sampling = request.sampling();
    boolean includeStop = Boolean.TRUE.equals(sampling.includeStopString());
    List<String> stops = sampling.stop() == null ? List.of() : sampling.stop();
    ReasoningParser reasoning = ReasoningParser.off();
    ToolCallParser tools = null;
    if (request instanceof ChatRequest chat) {
      reasoning = reasoning(opensReasoning);
      tools = new ToolCallParser(toolFormat, chat.tools().stream().map(Tool::toTemplate).toList());
    }
    Tokenizer tokenizer = files.hasTokenizer() ? files.tokenizer() : null;
    boolean skipSpecial = !Boolean.FALSE.equals(sampling.skipSpecialTokens());
    return new ChoiceOutput(
        choice,
        tokenizer == null ? null : tokenizer.detokenizer(skipSpecial),
        new OutputParser(new StopStringMatcher(stops, includeStop), reasoning, tools),
        includeStop);
  }

  private ReasoningParser reasoning(boolean opensReasoning) {
    if (openThink.isPresent() && closeThink.isPresent()) {
      return ReasoningParser.byToken(
          openThink.getAsInt(), closeThink.getAsInt(), opensReasoning);
    }
    return opensReasoning ? ReasoningParser.byText(true) : ReasoningParser.off();
  }
}
