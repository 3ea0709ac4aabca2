// SPDX-License-Identifier: Apache-2.0
// What a vocabulary shall be like: the tokenizer part of a recipe.
package io.qwenjet.train.tokenizer;

import java.util.List;
import java.util.Objects;

/**
 * What a vocabulary shall be like.
 *
 * @param vocabSize most entries, bytes and added tokens included
 * @param minCount how often every entry must occur in training; entries below are replaced
 * @param trainingScale how many times the text given to the trainer fits into the training text;
 *     counts are multiplied by it
 * @param leadingSpace how a word merges with the one character before it
 * @param copiedInMerges whether words inside copied strings count for merges; without them merges
 *     come from the words of templates only
 * @param singleHan whether a Han character merges with nothing outside itself; each that is
 *     frequent enough is then one entry
 * @param dropout BPE-dropout of what training reads, for the expected counts
 * @param spacePrefixShare whole words only: a word W takes its space only if, of all words in copied
 *     strings and after spaces that begin with the piece W, at most this share are longer than W;
 *     a tenth of it for words with a capital
 * @param added added tokens; not null
 */
public record BpeOptions(
    int vocabSize,
    long minCount,
    double trainingScale,
    LeadingSpace leadingSpace,
    boolean copiedInMerges,
    boolean singleHan,
    double dropout,
    double spacePrefixShare,
    List<BpeModel.AddedToken> added) {
  /** How a word merges with the one character before it, which the split keeps with it. */
  public enum LeadingSpace {
    /** As any other pair. */
    FREE,
    /**
     * Only a space, only as the last of all merges, and only with the whole word: " the" may be an
     * entry, while " Okafor" has the pieces of "(Okafor" and of "Okafor" at a line's start.
     */
    WHOLE_WORD
  }

  /** Checks and copies. */
  public BpeOptions {
    Objects.requireNonNull(leadingSpace, "leadingSpace");
    added = List.copyOf(added);
    if (vocabSize < BpeModel.NUM_BYTES + added.size()) {
      throw new IllegalArgumentException(
          "expected a vocabulary of at least "
              + (BpeModel.NUM_BYTES + added.size())
              + " entries, got "
              + vocabSize);
    }
    if (!(trainingScale > 0) || !(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "expected a training scale above 0 and a dropout in [0, 1), got "
              + trainingScale
              + " and "
              + dropout);
    }
  }

  /** Returns what the small model is trained with; the vocabulary's size is the caller's. */
  public static BpeOptions small(int vocabSize) {
    return new BpeOptions(
        vocabSize,
        200,
        1.0,
        LeadingSpace.WHOLE_WORD,
        false,
        true,
        0.1,
        0.05,
        BpeModel.QWEN3_TOKENS);
  }

  /** Returns the same with another training scale. */
  public BpeOptions withTrainingScale(double scale) {
    return new BpeOptions(
        vocabSize,
        minCount,
        scale,
        leadingSpace,
        copiedInMerges,
        singleHan,
        dropout,
        spacePrefixShare,
        added);
  }

  /** Returns the same with another least count. */
  public BpeOptions withMinCount(long count) {
    return new BpeOptions(
        vocabSize,
        count,
        trainingScale,
        leadingSpace,
        copiedInMerges,
        singleHan,
        dropout,
        spacePrefixShare,
        added);
  }
}
