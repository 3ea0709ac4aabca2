// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class NearDuplicatesTest {
  private static final NearDuplicates.Options ANY = new NearDuplicates.Options(0.85, false, 1 << 14);
  private static final String SYLLABLES = "kalomitervansidronepalongrizufebarquilem";

  private static CorpusLine document(String text) {
    return new CorpusLine("", List.of(), null, null, List.of(), text);
  }

  private static List<String> sentence(SplittableRandom random) {
    List<String> words = new ArrayList<>();
    for (int i = 0, n = 12 + random.nextInt(16); i < n; i++) {
      int which = random.nextInt(600);
      int a = which % 19 * 2;
      int b = which / 19;
      words.add(SYLLABLES.substring(a, a + 2) + SYLLABLES.substring(b, b + 3) + (which % 7 < 3 ? "t" : ""));
      if (random.nextInt(3) == 0) {
        words.add(random.nextBoolean() ? "the" : "of");
      }
    }
    return words;
  }

  /** A paraphrase: politeness, letter case, order, endings, punctuation, one word left out. */
  private static String paraphrase(List<String> original, SplittableRandom random) {
    List<String> words = new ArrayList<>(original);
    for (int edit = 0; edit < 2; edit++) {
      int at = random.nextInt(words.size() - 1);
      switch (random.nextInt(6)) {
        case 0 -> words.add(0, "please");
        case 1 -> words.set(at, words.get(at).toUpperCase(Locale.ROOT));
        case 2 -> words.set(at, words.set(at + 1, words.get(at)));
        case 3 -> words.set(at, words.get(at) + "s");
        case 4 -> words.add(at, "the");
        default -> words.remove(at);
      }
    }
    return String.join(random.nextBoolean() ? " " : ", ", words) + "!";
  }

  @Test
  void plantedNearDuplicatesAreFound() {
    SplittableRandom random = new SplittableRandom(11);
    NearDuplicates duplicates = new NearDuplicates(ANY);
    List<List<String>> kept = new ArrayList<>();
    int planted = 0;
    int found = 0;
    int wrong = 0;
    for (int i = 0; i < 6000; i++) {
      boolean plant = !kept.isEmpty() && random.nextInt(4) == 0;
      List<String> words = plant ? kept.get(random.nextInt(kept.size())) : sentence(random);
      if (!plant && kept.size() > 10 && random.nextInt(3) == 0) {
        // Another text on the same subject: two thirds of an earlier one's words.
        List<String> base = kept.get(random.nextInt(kept.size()));
        words = new ArrayList<>(words.subList(0, base.size() / 3));
        words.addAll(base.subList(0, base.size() - base.size() / 3));
      }
      String text = plant ? paraphrase(words, random) : String.join(" ", words) + ".";
      boolean dropped = duplicates.find(document(text)) >= 0;
      if (plant) {
        planted++;
        found += dropped ? 1 : 0;
      } else {
        kept.add(words);
        wrong += dropped ? 1 : 0;
      }
    }
    double recall = (double) found / planted;
    double precision = (double) found / (found + wrong);
    System.out.printf(
        Locale.ROOT, "near-duplicates: %d planted, recall %.3f, precision %.3f%n", planted, recall, precision);
    assertTrue(recall > 0.95, "recall " + recall);
    assertTrue(precision > 0.99, "precision " + precision);
  }

  @Test
  void numbersAndNamesCountWhereAsked() {
    String[] different = {
      "What is 12+30?", "What is 12+31?", "What is 12-30?", "Send the order of Tom to the customer, please.",
      "Send the order of Ann to the customer, please."
    };
    NearDuplicates exact = new NearDuplicates(NearDuplicates.Options.GENERATED);
    for (String text : different) {
      assertEquals(-1, exact.find(document(text)), text);
    }
    assertEquals(0, exact.find(document("what is 12+30")));
    assertEquals(3, exact.find(document("Please send the order of Tom to the customer")));
    assertEquals(-1, exact.find(document("))))))")));
    assertEquals(-1, exact.find(document("\ud83d\ude02")));
    NearDuplicates loose = new NearDuplicates(new NearDuplicates.Options(0.7, false, 100));
    String first = "Please check whether the red camping stoves were delivered to the warehouse in 12 boxes";
    assertEquals(-1, loose.find(document(first)));
    assertEquals(0, loose.find(document(first.replace("12", "13"))));
  }

  @Test
  void theWindowForgets() {
    NearDuplicates small = new NearDuplicates(new NearDuplicates.Options(0.9, false, 10));
    SplittableRandom random = new SplittableRandom(3);
    String first = String.join(" ", sentence(random));
    assertEquals(-1, small.find(document(first)));
    assertEquals(0, small.find(document(first)));
    for (int i = 0; i < 10; i++) {
      assertEquals(-1, small.find(document(String.join(" ", sentence(random)))));
    }
    assertEquals(-1, small.find(document(first)));
    assertThrows(IllegalArgumentException.class, () -> new NearDuplicates.Options(1, true, 5));
  }
}
