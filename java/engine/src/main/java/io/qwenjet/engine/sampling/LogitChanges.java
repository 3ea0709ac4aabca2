// SPDX-License-Identifier: Apache-2.0
// The sparse changes that a sequence's own state makes to its next row of logits: bias, exclusions,
// penalties. Kept from step to step and updated by each new token, so that a step copies and does
// not recompute.
package io.qwenjet.engine.sampling;

import io.qwenjet.engine.runtime.StepBatch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

final class LogitChanges {
  private static final int BIAS = 0;
  private static final int REPETITION = 1;
  private static final int SUBTRACT = 2;

  private final SamplingPlan plan;
  private final Map<Integer, Integer> slots = new HashMap<>();
  private int[] tokens = new int[16];
  private float[] values = new float[3 * 16];
  private float[] baseBias = new float[16];
  private int[] outputCounts = new int[16];
  private int numSlots;

  private final boolean penalises;
  private int[] output = new int[16];
  private int numOutput;
  private int[] banned = new int[4];
  private int numBanned;

  LogitChanges(SamplingPlan plan, int[] prompt) {
    this.plan = plan;
    this.penalises = plan.presencePenalty != 0 || plan.frequencyPenalty != 0;
    plan.logitBias.forEach(
        (token, bias) -> {
          int slot = slot(token);
          baseBias[slot] = bias.floatValue();
          set(slot, BIAS, bias.floatValue());
        });
    if (plan.repetitionPenalty != 1) {
      for (int token : prompt) {
        set(slot(token), REPETITION, (float) plan.repetitionPenalty);
      }
    }
    if (plan.minTokens > 0) {
      for (int token : plan.heldBackIds) {
        set(slot(token), BIAS, Float.NEGATIVE_INFINITY);
      }
    }
    banBadWords();
  }

  boolean isEmpty() {
    return numSlots == 0;
  }

  void writeTo(StepBatch batch) {
    batch.addChanges(tokens, values, numSlots);
  }

  /** Takes a generated token into account. */
  void generated(int token) {
    if (numOutput == output.length) {
      output = Arrays.copyOf(output, 2 * numOutput);
    }
    output[numOutput++] = token;
    if (plan.repetitionPenalty != 1) {
      set(slot(token), REPETITION, (float) plan.repetitionPenalty);
    }
    if (penalises) {
      int slot = slot(token);
      outputCounts[slot]++;
      set(
          slot,
          SUBTRACT,
          (float) (plan.frequencyPenalty * outputCounts[slot] + plan.presencePenalty));
    }
    if (plan.minTokens > 0 && numOutput == plan.minTokens) {
      for (int held : plan.heldBackIds) {
        restore(held);
      }
    }
    banBadWords();
  }

  /** Forbids the last token of every bad word whose other tokens were just generated. */
  private void banBadWords() {
    if (plan.badWords.length == 0) {
      return;
    }
    for (int i = 0; i < numBanned; i++) {
      restore(banned[i]);
    }
    numBanned = 0;
    for (int[] word : plan.badWords) {
      int begun = word.length - 1;
      if (numOutput >= begun
          && Arrays.equals(word, 0, begun, output, numOutput - begun, numOutput)) {
        if (numBanned == banned.length) {
          banned = Arrays.copyOf(banned, 2 * numBanned);
        }
        banned[numBanned++] = word[begun];
        set(slot(word[begun]), BIAS, Float.NEGATIVE_INFINITY);
      }
    }
  }

  private void restore(int token) {
    int slot = slot(token);
    boolean held = numOutput < plan.minTokens && contains(plan.heldBackIds, token);
    set(slot, BIAS, held ? Float.NEGATIVE_INFINITY : baseBias[slot]);
  }

  private static boolean contains(int[] ids, int token) {
    for (int id : ids) {
      if (id == token) {
        return true;
      }
    }
    return false;
  }

  private void set(int slot, int field, float value) {
    values[3 * slot + field] = value;
  }

  private int slot(int token) {
    Integer known = slots.get(token);
    if (known != null) {
      return known;
    }
    if (numSlots == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * numSlots);
      values = Arrays.copyOf(values, 6 * numSlots);
      baseBias = Arrays.copyOf(baseBias, 2 * numSlots);
      outputCounts = Arrays.copyOf(outputCounts, 2 * numSlots);
    }
    tokens[numSlots] = token;
    values[3 * numSlots + REPETITION] = 1;
    slots.put(token, numSlots);
    return numSlots++;
  }
}
