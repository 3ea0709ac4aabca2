// SPDX-License-Identifier: Apache-2.0
// Walks through a line as the model will read it: rendered, cut at added tokens, cut into pretokens,
// each with the part it plays. What encodes lines and what counts words for a vocabulary share it.
package io.qwenjet.train.data;

import io.qwenjet.engine.text.Pretokenizer;
import io.qwenjet.train.data.Rendering.Kind;
import io.qwenjet.train.tokenizer.BpeModel;
import java.util.ArrayList;
import java.util.List;

final class LineWalker {
  /** Takes what is met, in order. */
  interface Sink {
    /** A pretoken between added tokens. */
    void pretoken(char[] text, int from, int to, Kind kind);

    /** An added token by its place in the list. */
    void added(int index, Kind kind);
  }

  private final TemplateRenderer renderer;
  private final String[] texts;
  private final int[] indices;

  LineWalker(String chatTemplate, List<BpeModel.AddedToken> added) {
    renderer = new TemplateRenderer(chatTemplate);
    // Longest first, so that of two tokens that start alike the longer one is found.
    List<BpeModel.AddedToken> sorted = new ArrayList<>(added);
    sorted.sort((a, b) -> Integer.compare(b.text().length(), a.text().length()));
    texts = sorted.stream().map(BpeModel.AddedToken::text).toArray(String[]::new);
    indices = sorted.stream().mapToInt(added::indexOf).toArray();
  }

  boolean isTemplateFast() {
    return renderer.isFast();
  }

  Rendering render(CorpusLine line) {
    return renderer.render(line);
  }

  void walk(Rendering rendering, Sink sink) {
    String text = rendering.text();
    char[] chars = text.toCharArray();
    List<Rendering.Run> runs = rendering.runs();
    int run = 0;
    int pos = 0;
    while (pos < chars.length) {
      int added = nextAdded(text, pos);
      int start = added < 0 ? chars.length : added;
      while (pos < start) {
        int end = Pretokenizer.next(chars, pos, start);
        run = runAt(runs, run, pos);
        sink.pretoken(chars, pos, end, runs.get(run).kind());
        pos = end;
      }
      if (pos < chars.length) {
        int which = addedAt(text, pos);
        run = runAt(runs, run, pos);
        sink.added(indices[which], runs.get(run).kind());
        pos += texts[which].length();
      }
    }
  }

  private static int runAt(List<Rendering.Run> runs, int run, int pos) {
    while (runs.get(run).end() <= pos) {
      run++;
    }
    return run;
  }

  /** Place of the next added token at or after a position, or -1. */
  private int nextAdded(String text, int from) {
    for (int at = text.indexOf('<', from); at >= 0; at = text.indexOf('<', at + 1)) {
      if (addedAt(text, at) >= 0) {
        return at;
      }
    }
    return -1;
  }

  private int addedAt(String text, int at) {
    for (int i = 0; i < texts.length; i++) {
      if (text.startsWith(texts[i], at)) {
        return i;
      }
    }
    return -1;
  }
}
