// SPDX-License-Identifier: Apache-2.0
// Typing as people do it in haste: lower case, lost punctuation and apostrophes, swapped or lost
// letters. Words with capitals, digits or quotes are values and stay; so do words of the check.
package io.qwenjet.eval;

import io.qwenjet.engine.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Noise {
  private static final Pattern WORD = Pattern.compile("(?<![\\p{L}\\d{}\"'-])[a-z]{4,}(?![\\p{L}\\d{}\"'_-])");
  private static final double TYPO_CHANCE = 0.12;

  private Noise() {}

  /** Returns an item whose last message of the user is typed in haste; equal seeds make equal items. */
  static Item apply(Item item, long seed) {
    List<Message> messages = new ArrayList<>(item.messages());
    int last = messages.size() - 1;
    while (last > 0 && !messages.get(last).role().equals("user")) {
      last--;
    }
    String kept = item.check().toString().toLowerCase(Locale.ROOT);
    messages.set(
        last, Message.user(type(messages.get(last).content(), kept, new SplittableRandom(seed))));
    return item.withMessages(item.name() + "~noisy", messages);
  }

  static String type(String text, String kept, SplittableRandom random) {
    StringBuilder typed = new StringBuilder();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      String word = matcher.group();
      boolean isHit = random.nextDouble() < TYPO_CHANCE && !kept.contains(word);
      matcher.appendReplacement(typed, isHit ? misspell(word, random) : word);
    }
    matcher.appendTail(typed);
    String result = typed.toString();
    String first = result.split("[^\\p{L}]", 2)[0].toLowerCase(Locale.ROOT);
    if (random.nextInt(3) > 0 && !first.isEmpty() && !kept.contains(first)) {
      result = Character.toLowerCase(result.charAt(0)) + result.substring(1);
    }
    if (random.nextInt(3) > 0) {
      result = result.replaceAll("[.?!]+$", "");
    }
    if (random.nextInt(3) == 0) {
      result = result.replace("'s", "s").replace("n't", "nt");
    }
    return result;
  }

  private static String misspell(String word, SplittableRandom random) {
    int at = random.nextInt(1, word.length() - 2);
    return switch (random.nextInt(3)) {
      case 0 -> word.substring(0, at) + word.substring(at + 1);
      case 1 -> word.substring(0, at) + word.charAt(at + 1) + word.charAt(at)
          + word.substring(at + 2);
      default -> word.substring(0, at) + word.charAt(at) + word.substring(at);
    };
  }
}
