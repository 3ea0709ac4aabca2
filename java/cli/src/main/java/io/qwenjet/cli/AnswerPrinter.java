// SPDX-License-Identifier: Apache-2.0
// Prints an answer as it comes: the text on standard output; the reasoning, which is not the answer,
// faint on standard error where somebody watches.
package io.qwenjet.cli;

import io.qwenjet.engine.Chunk;
import io.qwenjet.engine.ToolCall;

final class AnswerPrinter {
  private final Streams streams;
  private boolean inReasoning;
  private boolean endsLine = true;

  AnswerPrinter(Streams streams) {
    this.streams = streams;
  }

  void print(Chunk chunk) {
    if (!chunk.reasoning().isEmpty() && streams.errIsTerminal()) {
      streams.err().print(streams.dim(chunk.reasoning()));
      streams.err().flush();
      inReasoning = true;
    }
    if (!chunk.text().isEmpty()) {
      leaveReasoning();
      text(chunk.text());
    }
    for (ToolCall call : chunk.toolCalls()) {
      leaveReasoning();
      if (!endsLine) {
        text("\n");
      }
      text(CompletionJson.text(call) + "\n");
    }
  }

  /** Ends the last line. */
  void end() {
    leaveReasoning();
    if (!endsLine) {
      text("\n");
    }
  }

  private void text(String text) {
    streams.out().print(text);
    streams.out().flush();
    endsLine = text.endsWith("\n");
  }

  private void leaveReasoning() {
    if (inReasoning) {
      streams.err().print("\n\n");
      streams.err().flush();
      inReasoning = false;
    }
  }
}
