// SPDX-License-Identifier: Apache-2.0
// A large sample of what the training generator asks, whole and with the values masked.
package io.qwenjet.eval;

import io.qwenjet.corpus.CorpusGenerator;
import io.qwenjet.corpus.Example;
import io.qwenjet.corpus.Families;
import io.qwenjet.corpus.Split;
import io.qwenjet.corpus.Turn;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

final class TrainingText {
  private static final long SEED = 77;

  private final Set<String> prompts = ConcurrentHashMap.newKeySet();
  private final Set<String> skeletons = ConcurrentHashMap.newKeySet();

  private TrainingText() {}

  static TrainingText sample(int count) {
    TrainingText training = new TrainingText();
    if (Families.all().isEmpty()) {
      return training;
    }
    CorpusGenerator generator = new CorpusGenerator(SEED, Split.TRAIN, 0);
    IntStream.range(0, count).parallel().forEach(i -> training.add(generator.example(i)));
    return training;
  }

  /** Nothing at all: for makers that need no comparison. */
  static TrainingText none() {
    return new TrainingText();
  }

  private void add(Example example) {
    skeletons.add(Draft.comparable(example.skeleton()));
    for (Turn turn : example.messages()) {
      if (turn.role().equals("user")) {
        prompts.add(Normal.words(turn.content()));
        String masked = turn.content();
        for (String value : example.copied()) {
          masked = value.isEmpty() ? masked : masked.replace(value, "#");
        }
        skeletons.add(Draft.comparable(masked));
      }
    }
  }

  int size() {
    return skeletons.size();
  }

  /** Says whether a message could come from the generator. */
  boolean has(Draft draft) {
    return asks(draft.text())
        || isWording(draft.skeleton()) && skeletons.contains(Draft.comparable(draft.skeleton()));
  }

  /** Says whether a message, as it is or with its values masked, could come from the generator. */
  boolean asks(String message) {
    String masked = Draft.comparable(Pools.mask(message));
    return prompts.contains(Normal.words(message))
        || isWording(masked) && skeletons.contains(masked);
  }

  /** A skeleton without words, as that of gibberish or of 12*7, says nothing about wording. */
  private static boolean isWording(String skeleton) {
    return skeleton.chars().anyMatch(Character::isLetter);
  }
}
