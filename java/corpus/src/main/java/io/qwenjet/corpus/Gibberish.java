// SPDX-License-Identifier: Apache-2.0
// Messages without a meaning: hands on the keyboard, random letters, signs, faces.
package io.qwenjet.corpus;

import java.util.List;

final class Gibberish {
  private static final List<String> ROWS =
      List.of("qwertyuiop", "asdfghjkl", "zxcvbnm", "asdf", "jkl;", "qwertz", "fghj", "hjkl", "yxcv", "wasd");
  private static final List<String> SIGNS =
      List.of("?", "!", ".", "...", "#", "*", "%", "&", "§", "~", "^", "/", "\\", "=", "+-", "@", "(", ")", "{}", "<>", "|");
  private static final List<String> FACES =
      List.of("😀", "😂", "🤔", "👍", "🎉", "🔥", "🐱", "🚀", "❤️", "😡", "🙏", "💩", "🍕", "👀");

  private Gibberish() {}

  /** Returns a message that means nothing; never empty. */
  static String draw(Draw draw) {
    return switch (draw.below(9)) {
      case 0 -> keys(draw);
      case 1 -> keys(draw) + " " + keys(draw);
      case 2, 3 -> letters(draw, "abcdefghijklmnopqrstuvwxyz");
      case 4 -> letters(draw, "abcdefghijklmnopqrstuvwxyz") + " " + letters(draw, "bcdfghjklmnpqrstvwxz");
      case 5 -> letters(draw, "bcdfghjklmnpqrstvwxz0123456789XZQK");
      case 6 -> repeated(draw, SIGNS, draw.between(1, 6));
      case 7 -> repeated(draw, FACES, draw.between(1, 5));
      default -> sound(draw);
    };
  }

  private static String keys(Draw draw) {
    StringBuilder text = new StringBuilder();
    int parts = draw.between(1, 4);
    for (int i = 0; i < parts; i++) {
      String row = draw.pick(ROWS);
      int start = draw.below(row.length() - 2);
      text.append(row, start, draw.between(start + 2, row.length()));
    }
    return text.toString();
  }

  private static String letters(Draw draw, String alphabet) {
    StringBuilder text = new StringBuilder();
    int length = draw.between(4, 14);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(draw.below(alphabet.length())));
    }
    return text.toString();
  }

  private static String sound(Draw draw) {
    String syllable = draw.pick("bla", "aaa", "uh", "brr", "zzz", "grr", "lala", "wub", "mm", "oo", "tss", "gna", "blub", "ha");
    StringBuilder text = new StringBuilder();
    int count = draw.between(2, 6);
    String between = draw.pick("", " ", "-", "");
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : between).append(draw.chance(0.85) ? syllable : draw.pick(ROWS));
    }
    return text.append(draw.pick("", "", "!", "?", "...")).toString();
  }

  private static String repeated(Draw draw, List<String> from, int count) {
    StringBuilder text = new StringBuilder();
    boolean same = draw.chance(0.5);
    String first = draw.pick(from);
    for (int i = 0; i < count; i++) {
      text.append(same ? first : draw.pick(from));
    }
    return text.toString();
  }
}
