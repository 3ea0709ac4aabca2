// SPDX-License-Identifier: Apache-2.0
// From the tokens of one choice to its typed parts: detokenizer, then stop strings, reasoning and
// tool calls. What is not certain yet is held back, so chunks never take back text.
package io.qwenjet.engine;

import io.qwenjet.engine.output.OutputParser;
import io.qwenjet.engine.output.OutputPart;
import io.qwenjet.engine.text.StreamingDetokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

final class ChoiceOutput {
  private static final int NO_TOKEN = -1;

  private final int index;
  private final StreamingDetokenizer detokenizer;
  private final OutputParser parser;
  private final boolean includeStop;

  private int[] ids = new int[64];
  private int numIds;
  private final List<TokenLogprob> logprobs = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<ToolCall> toolCalls = new ArrayList<>();
  private String stopToken;
  private FinishReason finishReason;

  private int numIdsSent;
  private int textSent;
  private int reasoningSent;
  private int toolCallsSent;

  /**
   * The output of a choice.
   *
   * @param detokenizer null where answers are ids alone
   * @param parser takes the text apart
   * @param includeStop whether the text of stop tokens stays
   */
  ChoiceOutput(
      int index, StreamingDetokenizer detokenizer, OutputParser parser, boolean includeStop) {
    this.index = index;
    this.detokenizer = detokenizer;
    this.parser = parser;
    this.includeStop = includeStop;
  }

  int numTokens() {
    return numIds;
  }

  /** Takes a token; true if its text ends the choice. */
  boolean push(int token, TokenLogprob logprob, boolean isStopToken, boolean mayStop) {
    if (numIds == ids.length) {
      ids = Arrays.copyOf(ids, 2 * numIds);
    }
    ids[numIds++] = token;
    if (logprob != null) {
      logprobs.add(logprob);
    }
    if (isStopToken) {
      stopToken = Integer.toString(token);
    }
    if (detokenizer == null || isStopToken && !includeStop) {
      return false;
    }
    add(parser.accept(token, detokenizer.push(token), mayStop && !isStopToken));
    return parser.stopString() != null;
  }

  /** Ends the choice; what was held back is part of it now. */
  FinishReason finish(FinishReason reason) {
    if (detokenizer != null) {
      String rest = detokenizer.flush();
      if (!rest.isEmpty()) {
        add(parser.accept(NO_TOKEN, rest, true));
      }
      add(parser.finish());
    }
    finishReason =
        reason == FinishReason.STOP && !toolCalls.isEmpty() ? FinishReason.TOOL_CALLS : reason;
    return finishReason;
  }

  /** What is new since the last chunk; null if that is nothing but tokens and it is not the last. */
  Chunk takeChunk(FinishReason last) {
    boolean hasNews =
        text.length() > textSent
            || reasoning.length() > reasoningSent
            || toolCalls.size() > toolCallsSent
            || detokenizer == null;
    if (last == null && !hasNews) {
      return null;
    }
    Chunk chunk =
        new Chunk(
            index,
            text.substring(textSent),
            reasoning.substring(reasoningSent),
            toolCalls.subList(toolCallsSent, toolCalls.size()),
            Arrays.copyOfRange(ids, numIdsSent, numIds),
            logprobs.isEmpty() ? List.of() : logprobs.subList(numIdsSent, numIds),
            last);
    numIdsSent = numIds;
    textSent = text.length();
    reasoningSent = reasoning.length();
    toolCallsSent = toolCalls.size();
    return chunk;
  }

  Choice toChoice() {
    String stop = parser.stopString() != null ? parser.stopString() : stopToken;
    return new Choice(
        index,
        text.toString(),
        reasoning.toString(),
        toolCalls,
        finishReason,
        stop,
        Arrays.copyOf(ids, numIds),
        logprobs);
  }

  private void add(List<OutputPart> parts) {
    for (OutputPart part : parts) {
      if (part instanceof OutputPart.Content content) {
        text.append(content.text());
      } else if (part instanceof OutputPart.Reasoning thought) {
        reasoning.append(thought.text());
      } else if (part instanceof OutputPart.Call call) {
        toolCalls.add(call.call());
      }
    }
  }
}
