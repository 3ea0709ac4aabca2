// SPDX-License-Identifier: Apache-2.0
// From a line of the corpus to tokens: rendered by the chat template, encoded canonically where the
// model writes or the template speaks, with BPE-dropout (arXiv 1910.13267) where it reads.
package io.qwenjet.train.data;

import io.qwenjet.train.data.Rendering.Kind;
import io.qwenjet.train.tokenizer.BpeEncoder;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.CopiedSpans;
import io.qwenjet.train.tokenizer.IntList;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Encodes lines. Not safe for use by several threads at once; no argument may be null. The tokens of a
 * line depend on the line, the seed and the index alone.
 */
public final class LineEncoder {
  /**
   * BPE-dropout on what the model reads.
   *
   * @param prompts probability of leaving a merge out in prompts and documents; 0 for none
   * @param copied the probability inside copied strings, in some examples; a word of them has one
   *     segmentation an example, in the answer that of the prompt, so that any can be copied
   * @param copiedShare share of the examples in which {@code copied} holds; in the others copied
   *     strings are canonical
   */
  public record Dropout(double prompts, double copied, double copiedShare) {
    /** Canonical segmentation everywhere. */
    public static final Dropout NONE = new Dropout(0, 0, 0);

    /** What the small model is trained with. */
    public static final Dropout SMALL = new Dropout(0.1, 0.5, 0.5);
  }

  private final BpeEncoder encoder;
  private final LineWalker walker;
  private final Dropout dropout;
  private final int endOfText;
  private final int firstAdded;

  /** Makes an encoder of a vocabulary and a chat template. */
  public LineEncoder(BpeModel model, String chatTemplate, Dropout dropout) {
    encoder = new BpeEncoder(model);
    walker = new LineWalker(chatTemplate, model.added());
    this.dropout = Objects.requireNonNull(dropout, "dropout");
    endOfText = model.addedId("<|endoftext|>");
    firstAdded = model.size() - model.added().size();
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
    return walker.isTemplateFast();
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
    double inCopied = random.nextDouble() < dropout.copiedShare ? dropout.copied : 0;
    Rendering rendering = walker.render(line);
    boolean isDocument = line.text() != null;
    IntList ids = new IntList(rendering.text().length() / 2 + 8);
    Marks marks = new Marks(isDocument);
    BitSet copied =
        dropout.prompts == 0 && inCopied == 0
            ? new BitSet()
            : CopiedSpans.mark(rendering.text(), line.copied());
    CopiedWords words = new CopiedWords(encoder, inCopied, random);
    walker.walk(
        rendering,
        new LineWalker.Sink() {
          @Override
          public void pretoken(char[] text, int from, int to, Kind kind) {
            int before = ids.size();
            int hit = copied.nextSetBit(from);
            if (hit >= 0 && hit < to && kind != Kind.FIXED) {
              words.encode(text, from, to, kind == Kind.PROMPT, ids);
            } else {
              double p = kind == Kind.PROMPT ? dropout.prompts : 0;
              encoder.encodePretoken(text, from, to, p, random, ids);
            }
            marks.add(kind, ids.size() - before);
          }

          @Override
          public void added(int index, Kind kind) {
            ids.add(firstAdded + index);
            marks.add(kind, 1);
          }
        });
    if (isDocument) {
      ids.add(endOfText);
      marks.add(Kind.PROMPT, 1);
    }
    return new EncodedExample(ids.toArray(), marks.kinds(ids.size()));
  }

  /** The kind of each token as something to predict. */
  private static final class Marks {
    private final boolean isDocument;
    private byte[] kinds = new byte[64];
    private int size;
    private Kind previous = Kind.FIXED;

    Marks(boolean isDocument) {
      this.isDocument = isDocument;
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
