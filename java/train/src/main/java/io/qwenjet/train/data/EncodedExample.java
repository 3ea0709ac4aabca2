// SPDX-License-Identifier: Apache-2.0
// One example as tokens, each with the part it plays as something to predict.
package io.qwenjet.train.data;

/**
 * One example as tokens. The arrays are not copied.
 *
 * @param tokens ids in order
 * @param kinds for each token one of {@link #MASKED}, {@link #PROMPT} and {@link #ANSWER}
 */
public record EncodedExample(int[] tokens, byte[] kinds) {
  /** Never predicted: the model will not have to write it here. */
  public static final byte MASKED = 0;

  /** Read: weighted with the recipe's prompt loss weight. */
  public static final byte PROMPT = 1;

  /** Written by the model: weight 1. */
  public static final byte ANSWER = 2;

  /** Checks the lengths. */
  public EncodedExample {
    if (tokens.length != kinds.length) {
      throw new IllegalArgumentException(
          "expected as many kinds as tokens, " + tokens.length + ", got " + kinds.length);
    }
  }

  /** Returns the number of tokens. */
  public int length() {
    return tokens.length;
  }

  /** Returns whether any token is an answer's. */
  public boolean hasAnswer() {
    for (byte kind : kinds) {
      if (kind == ANSWER) {
        return true;
      }
    }
    return false;
  }
}
