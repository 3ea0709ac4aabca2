// SPDX-License-Identifier: Apache-2.0
// From a line of the corpus to tokens: rendered by the chat template, encoded canonically where the
// model writes or the template speaks, with BPE-dropout (arXiv 1910.13267) where it reads.
package io.qwenjet.train.data;

import io.qwenjet.engine.text.Pretokenizer;
import io.qwenjet.train.data.Rendering.Kind;
import io.qwenjet.train.data.Rendering.Run;
import io.qwenjet.train.tokenizer.BpeEncoder;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.BpeTrainer;
import io.qwenjet.train.tokenizer.CopiedSpans;
import io.qwenjet.train.tokenizer.IntList;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Encodes lines. Not safe for use by several threads at once; no argument may be null. The tokens of a
 * line depend on the line, the seed and the index alone.
 */
public final class LineEncoder {
  /**
   * BPE-dropout on what the model reads.
   *
   * @param prompts probability of leaving a merge out in prompts and documents; 0 for none
   * @param copied the probability inside copied strings, in some examples
   * @param copiedShare share of the examples in which {@code copied} holds; in the others copied
   *     strings are treated as other text
   */
  public record Dropout(double prompts, double copied, double copiedShare) {
    /** Canonical segmentation everywhere. */
    public static final Dropout NONE = new Dropout(0, 0, 0);

    /** What the small model is trained with. */
    public static final Dropout SMALL = new Dropout(0.1, 0.5, 0.5);
  }

  private static final Pattern BETWEEN_QWEN3_TOKENS =
      Pattern.compile(
          BpeModel.QWEN3_TOKENS.stream()
              .map(token -> Pattern.quote(token.text()))
              .collect(Collectors.joining("|")));

  private final BpeEncoder encoder;
  private final TemplateRenderer renderer;
  private final Dropout dropout;
  private final int endOfText;
  private final String[] addedTexts;
  private final int[] addedIds;

  /** Makes an encoder of a vocabulary and a chat template. */
  public LineEncoder(BpeModel model, String chatTemplate, Dropout dropout) {
    encoder = new BpeEncoder(model);
    renderer = new TemplateRenderer(chatTemplate);
    this.dropout = Objects.requireNonNull(dropout, "dropout");
    endOfText = model.addedId("<|endoftext|>");
    // Longest first, so that of two tokens that start alike the longer one is found.
    List<BpeModel.AddedToken> added = new ArrayList<>(model.added());
    added.sort((a, b) -> Integer.compare(b.text().length(), a.text().length()));
    addedTexts = added.stream().map(BpeModel.AddedToken::text).toArray(String[]::new);
    addedIds = added.stream().mapToInt(token -> model.addedId(token.text())).toArray();
  }

  /**
   * Returns an encoder of a folder's tokenizer.json and tokenizer_config.json.
   *
   * @throws IOException if a file cannot be read or is not a byte-level BPE in the published form
   */
  public static LineEncoder load(Path folder, Dropout dropout) throws IOException {
    return new LineEncoder(
        TokenizerFiles.read(folder), TokenizerFiles.readChatTemplate(folder), dropout);
  }

  /** Returns the vocabulary. */
  public BpeModel model() {
    return encoder.model();
  }

  /** Returns whether the template was found equal to its fast form in Java. */
  public boolean isTemplateFast() {
    return renderer.isFast();
  }

  /**
   * Returns a line as tokens. All of a document is an answer, its end-of-text token included; of a
   * conversation those answers are that the model would give in just this context.
   *
   * @param seed the recipe's seed
   * @param index the line's number
   */
  public EncodedExample encode(CorpusLine line, long seed, long index) {
    SplittableRandom random =
        new SplittableRandom(
            new SplittableRandom(seed ^ 0x6C696E65L).nextLong() + 0x9E3779B97F4A7C15L * index);
    double inCopied = random.nextDouble() < dropout.copiedShare ? dropout.copied : dropout.prompts;
    Rendering rendering = renderer.render(line);
    boolean isDocument = line.text() != null;
    IntList ids = new IntList(rendering.text().length() / 2 + 8);
    Marks marks = new Marks(rendering, isDocument);
    String text = rendering.text();
    BitSet copied =
        inCopied == dropout.prompts ? new BitSet() : CopiedSpans.mark(text, line.copied());
    char[] chars = text.toCharArray();
    int pos = 0;
    while (pos < chars.length) {
      int token = nextAdded(text, pos);
      int start = token < 0 ? chars.length : token;
      while (pos < start) {
        int end = Pretokenizer.next(chars, pos, start);
        Kind kind = marks.kindAt(pos);
        double p = 0;
        if (kind == Kind.PROMPT) {
          int hit = copied.nextSetBit(pos);
          p = hit >= 0 && hit < end ? inCopied : dropout.prompts;
        }
        int before = ids.size();
        encoder.encodePretoken(chars, pos, end, p, random, ids);
        marks.add(kind, ids.size() - before);
        pos = end;
      }
      if (pos < chars.length) {
        int which = addedAt(text, pos);
        ids.add(addedIds[which]);
        marks.add(marks.kindAt(pos), 1);
        pos += addedTexts[which].length();
      }
    }
    if (isDocument) {
      ids.add(endOfText);
      marks.add(Kind.PROMPT, 1);
    }
    return new EncodedExample(ids.toArray(), marks.kinds(ids.size()));
  }

  /**
   * Gives a line's text to a vocabulary trainer: what lies between added tokens.
   *
   * @param template the chat template whose text counts too
   */
  public static TextSink feeder(String template) {
    TemplateRenderer renderer = new TemplateRenderer(template);
    return (line, trainer) -> {
      String text = renderer.render(line).text();
      for (String part : BETWEEN_QWEN3_TOKENS.split(text)) {
        trainer.add(part, line.copied());
      }
    };
  }

  /** Gives lines to a vocabulary trainer. */
  public interface TextSink {
    /** Adds a line's text. */
    void add(CorpusLine line, BpeTrainer trainer);
  }

  /** Place of the next added token at or after a position, or -1; all of them begin with '<'. */
  private int nextAdded(String text, int from) {
    for (int at = text.indexOf('<', from); at >= 0; at = text.indexOf('<', at + 1)) {
      if (addedAt(text, at) >= 0) {
        return at;
      }
    }
    return -1;
  }

  private int addedAt(String text, int at) {
    for (int i = 0; i < addedTexts.length; i++) {
      if (text.startsWith(addedTexts[i], at)) {
        return i;
      }
    }
    return -1;
  }

  /** The kind of each token, and of each place in the text as it is walked through. */
  private static final class Marks {
    private final List<Run> runs;
    private final boolean isDocument;
    private byte[] kinds = new byte[64];
    private int size;
    private int run;
    private Kind previous = Kind.FIXED;

    Marks(Rendering rendering, boolean isDocument) {
      this.runs = rendering.runs();
      this.isDocument = isDocument;
    }

    Kind kindAt(int pos) {
      while (runs.get(run).end() <= pos) {
        run++;
      }
      return runs.get(run).kind();
    }

    void add(Kind kind, int count) {
      if (kinds.length < size + count) {
        kinds = java.util.Arrays.copyOf(kinds, Math.max(size + count, kinds.length * 2));
      }
      for (int i = 0; i < count; i++) {
        // The model meets the place before a turn of history when it has to answer, and must not
        // learn to go on there as history does.
        boolean startsHistory = kind == Kind.HISTORY && previous != Kind.HISTORY;
        kinds[size++] =
            isDocument || kind == Kind.ANSWER
                ? EncodedExample.ANSWER
                : kind == Kind.PREFILL || startsHistory
                    ? EncodedExample.MASKED
                    : EncodedExample.PROMPT;
        previous = kind;
      }
    }

    byte[] kinds(int count) {
      return java.util.Arrays.copyOf(kinds, count);
    }
  }
}
