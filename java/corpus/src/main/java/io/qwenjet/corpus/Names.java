// SPDX-License-Identifier: Apache-2.0
// Names, things and codes: half of them and more from open generators, so that a small model must
// copy what it reads and cannot recite a list.
package io.qwenjet.corpus;

import java.util.List;

/** Makes names of people, things and places that the draw's split takes. */
public final class Names {
  private static final List<String> ONSETS = List.of("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "ch", "sh", "tr", "br");
  private static final List<String> VOWELS = List.of("a", "e", "i", "o", "u", "ai", "ea", "ou");
  private static final List<String> CODAS = List.of("", "", "n", "r", "s", "l", "k", "m", "rd", "nt");

  private Names() {}

  /** Returns a first name. */
  public static String firstName(Draw draw) {
    return draw.value(() -> capital(syllables(draw, draw.between(2, 3))));
  }

  /** Returns a surname. */
  public static String surname(Draw draw) {
    return draw.value(() -> capital(syllables(draw, draw.between(2, 3))));
  }

  /** Returns a first name and a surname. */
  public static String person(Draw draw) {
    return firstName(draw) + " " + surname(draw);
  }

  /** Returns a thing that can be bought or counted, in the singular: an ordinary noun, with an adjective or invented. */
  public static String item(Draw draw) {
    return draw.value(() -> syllables(draw, 2));
  }

  /** Returns a city. */
  public static String city(Draw draw) {
    return surname(draw);
  }

  /** Returns a company's name. */
  public static String company(Draw draw) {
    return surname(draw) + " Ltd";
  }

  /** Returns an order number, part number or other code of mixed letters and digits. */
  public static String code(Draw draw) {
    return draw.value(() -> capital(syllables(draw, 1)) + "-" + draw.between(100, 99_999));
  }

  /** Returns a tool's or a parameter's name such as get_weather. */
  public static String toolName(Draw draw) {
    return draw.value(() -> draw.pick("get", "find", "set", "list") + "_" + syllables(draw, 2));
  }

  /** Returns an e-mail address. */
  public static String email(Draw draw) {
    return firstName(draw).toLowerCase(java.util.Locale.ROOT) + "@" + syllables(draw, 2) + ".com";
  }

  private static String syllables(Draw draw, int count) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < count; i++) {
      name.append(draw.pick(ONSETS)).append(draw.pick(VOWELS));
    }
    return name.append(draw.pick(CODAS)).toString();
  }

  private static String capital(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
