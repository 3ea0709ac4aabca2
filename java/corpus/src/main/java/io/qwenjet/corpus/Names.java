// SPDX-License-Identifier: Apache-2.0
// Names, things and codes: half of them and more from open generators, so that a small model must
// copy what it reads and cannot recite a list.
package io.qwenjet.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Makes names of people, things and places that the draw's split takes. */
public final class Names {
  private static final double CLOSED = 0.4;
  private static final List<String> OBJECTS = WordLists.NOUNS.without("mass", "container");
  private static final List<String> SHORT_OBJECTS =
      OBJECTS.stream().filter(noun -> noun.matches("[a-z]+")).collect(Collectors.toUnmodifiableList());
  private static final LetterChain PEOPLE = new LetterChain(joined(WordLists.FIRST.all(), WordLists.LAST.all()), 2);
  private static final LetterChain SURNAMES = new LetterChain(WordLists.LAST.all(), 2);
  private static final LetterChain TOWNS = new LetterChain(WordLists.CITIES.all(), 2);
  private static final LetterChain THINGS = new LetterChain(SHORT_OBJECTS, 2);
  private static final List<LetterChain> BY_LANGUAGE =
      WordLists.LAST.groups().stream().map(group -> new LetterChain(group, 1)).collect(Collectors.toUnmodifiableList());
  private static final List<String> FIRMS =
      List.of(
          "Ltd", "Ltd.", "Inc.", "GmbH", "LLC", "AG", "& Sons", "& Co.", "Group", "Logistics", "Foods", "Trading",
          "Bakery", "Books", "Tools", "Furniture", "Electronics", "Services", "Systems", "Supplies", "Farms",
          "Motors", "Textiles", "Partners", "Studio", "Hotel", "Cafe", "Clinic", "Transport", "Design", "Garden Centre",
          "Stores", "Market", "Software", "Energy", "Travel", "Consulting", "Holdings", "Brothers", "Works");
  private static final List<String> DOMAINS =
      List.of("com", "com", "org", "net", "co.uk", "de", "fr", "io", "ng", "in", "se", "jp", "es", "it", "pl", "eu", "info", "shop");

  private Names() {}

  /** Returns a first name. */
  public static String firstName(Draw draw) {
    return draw.value(
        () -> draw.chance(CLOSED) ? draw.pick(WordLists.FIRST.all()) : invented(PEOPLE, draw));
  }

  /** Returns a surname. */
  public static String surname(Draw draw) {
    return draw.value(
        () -> {
          if (draw.chance(CLOSED)) {
            return draw.pick(WordLists.LAST.all());
          }
          String name = invented(SURNAMES, draw);
          if (draw.chance(0.04)) {
            return name + "-" + invented(SURNAMES, draw);
          }
          return draw.chance(0.05) ? draw.pick("O'", "Mc", "Mac", "de ", "van ", "von ", "De ", "Al-", "El ", "Ben ", "di ", "St. ") + name : name;
        });
  }

  /** Returns a first name and a surname. */
  public static String person(Draw draw) {
    return firstName(draw) + " " + surname(draw);
  }

  /** Returns a thing that can be bought or counted, in the singular: an ordinary noun, with an adjective or invented. */
  public static String item(Draw draw) {
    return draw.value(() -> thing(draw));
  }

  /** Returns a city. */
  public static String city(Draw draw) {
    return draw.value(
        () -> {
          if (draw.chance(CLOSED)) {
            return draw.pick(WordLists.CITIES.all());
          }
          String name = invented(TOWNS, draw);
          return draw.chance(0.1)
              ? draw.pick("New ", "San ", "Port ", "North ", "Bad ", "Saint-", "Upper ", "Santa ", "El ", "Lake ", "Fort ", "East ") + name
              : name;
        });
  }

  /** Returns a company's name. */
  public static String company(Draw draw) {
    return draw.value(
        () -> {
          String firm = draw.pick(FIRMS);
          return switch (draw.below(6)) {
            case 0 -> capital(draw.pick(WordLists.MODIFIERS.section("colour"))) + " " + capital(draw.pick(SHORT_OBJECTS)) + " " + firm;
            case 1 -> city(draw) + " " + firm;
            case 2 -> surname(draw) + " & " + surname(draw);
            case 3 -> capital(Syllables.word(draw)) + draw.pick("tec", "soft", "mart", "ix", "ora", "lab", "pro", "line", "dyne") + " " + firm;
            default -> surname(draw) + " " + firm;
          };
        });
  }

  /** Returns an order number, part number or other code of mixed letters and digits. */
  public static String code(Draw draw) {
    return draw.value(() -> Codes.code(draw));
  }

  /** Returns a tool's or a parameter's name such as get_weather. */
  public static String toolName(Draw draw) {
    return draw.value(
        () -> {
          String verb = draw.pick(WordLists.TOOLS.section("verbs"));
          String noun =
              draw.chance(0.45)
                  ? draw.pick(WordLists.TOOLS.section("nouns"))
                  : draw.chance(0.55) ? draw.pick(SHORT_OBJECTS) : ascii(draw.chance(0.5) ? THINGS.word(draw) : Syllables.word(draw));
          return switch (draw.below(8)) {
            case 0 -> verb + capital(noun);
            case 1 -> noun + "_" + verb;
            case 2 -> verb + "_" + noun + "_" + draw.pick(WordLists.TOOLS.section("tails"));
            default -> verb + "_" + noun;
          };
        });
  }

  /** Tells whether a tool's name begins with a verb, as get_weather does and weather_get does not. */
  public static boolean startsWithVerb(String toolName) {
    return WordLists.TOOLS.section("verbs").contains(toolName.split("_|(?=[A-Z])")[0]);
  }

  /** Returns an e-mail address. */
  public static String email(Draw draw) {
    return email(firstName(draw), surname(draw), draw);
  }

  /** Returns an e-mail address that fits a person's name; accents and spaces are left out. */
  public static String email(String first, String last, Draw draw) {
    String one = ascii(first);
    String two = ascii(last);
    String local =
        switch (draw.below(6)) {
          case 0 -> one;
          case 1 -> one.charAt(0) + two;
          case 2 -> one + "_" + two;
          case 3 -> two + draw.between(1, 99);
          default -> one + "." + two;
        };
    String domain = draw.chance(0.3) ? draw.pick("example", "mail", "post", "inbox", "office", "webmail") : ascii(draw.chance(0.6) ? Syllables.word(draw) : surname(draw));
    return local + "@" + domain + (draw.chance(0.15) ? "-" + draw.pick(SHORT_OBJECTS) : "") + "." + draw.pick(DOMAINS);
  }

  /** Returns a telephone number in one of many forms. */
  public static String phone(Draw draw) {
    return draw.value(
        () ->
            switch (draw.below(6)) {
              case 0 -> "+" + draw.between(1, 99) + " " + Codes.digits(3, draw) + " " + Codes.digits(6, draw);
              case 1 -> "0" + Codes.digits(3, draw) + " " + Codes.digits(6, draw);
              case 2 -> "555-" + Codes.digits(4, draw);
              case 3 -> "(" + Codes.digits(3, draw) + ") " + Codes.digits(3, draw) + "-" + Codes.digits(4, draw);
              case 4 -> "0" + Codes.digits(2, draw) + "-" + Codes.digits(7, draw);
              default -> "+" + draw.between(20, 99) + " " + Codes.digits(2, draw) + " " + Codes.digits(4, draw) + " " + Codes.digits(4, draw);
            });
  }

  /** Returns a street with its house number. */
  public static String street(Draw draw) {
    String name = draw.chance(0.5) ? capital(draw.pick(SHORT_OBJECTS)) : draw.chance(0.5) ? surname(draw) : capital(invented(TOWNS, draw));
    return draw.chance(0.75)
        ? draw.between(1, 199) + " " + name + " " + draw.pick("Street", "Road", "Lane", "Avenue", "Close", "Way", "Square", "Hill", "Drive", "Court")
        : draw.pick("Rue ", "Via ", "Calle ", "Am ", "Rua ", "Ulica ") + name + " " + draw.between(1, 199);
  }

  /** Returns the plural of a thing that {@link #item} made. */
  public static String plural(String item) {
    return Plurals.of(item);
  }

  /**
   * Tells where a name, thing or code comes from, for scores by kind.
   *
   * @param text a value of this class; not null
   * @return "code" (has a digit), "accented" (has a letter outside a to z), "closed" (in a list), "combined" (of
   *     listed words), "random" (letters in no usual order) or "generated"
   */
  public static String kindOf(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.chars().anyMatch(Character::isDigit)) {
      return "code";
    }
    if (lower.chars().anyMatch(c -> Character.isLetter(c) && c > 'z')) {
      return "accented";
    }
    if (isListed(lower)) {
      return "closed";
    }
    boolean people = true;
    boolean ordinary = true;
    for (String word : lower.split("[ _]+")) {
      people &= WordLists.FIRST.has(word) || WordLists.LAST.has(word) || WordLists.CITIES.has(word);
      ordinary &= word.length() <= 3 || isListed(word) || Plurals.isPluralIn(word, WordLists.NOUNS) || WordLists.TOOLS.has(word);
    }
    if (people) {
      return "closed";
    }
    if (ordinary) {
      return "combined";
    }
    return Syllables.looksRandom(lower) ? "random" : "generated";
  }

  private static boolean isListed(String lower) {
    return WordLists.FIRST.has(lower)
        || WordLists.LAST.has(lower)
        || WordLists.CITIES.has(lower)
        || WordLists.NOUNS.has(lower)
        || WordLists.MODIFIERS.has(lower)
        || Plurals.isPluralIn(lower, WordLists.NOUNS);
  }

  private static String thing(Draw draw) {
    double ticket = draw.below(1000) / 1000.0;
    if (ticket < CLOSED) {
      return draw.pick(OBJECTS);
    }
    String noun = draw.pick(OBJECTS);
    if (ticket < 0.58) {
      return modifier(draw) + " " + noun;
    }
    if (ticket < 0.66) {
      return draw.pick(WordLists.MODIFIERS.section("use")) + " " + draw.pick(SHORT_OBJECTS);
    }
    if (ticket < 0.74) {
      return draw.pick(draw.chance(0.5) ? WordLists.MODIFIERS.section("quality") : WordLists.MODIFIERS.section("colour"))
          + " " + draw.pick(draw.chance(0.5) ? WordLists.MODIFIERS.section("material") : WordLists.MODIFIERS.section("use"))
          + " " + draw.pick(SHORT_OBJECTS);
    }
    if (ticket < 0.8) {
      return draw.pick(WordLists.NOUNS.section("container")) + " of " + draw.pick(WordLists.NOUNS.section("mass"));
    }
    if (ticket < 0.84) {
      return invented(PEOPLE, draw) + " " + draw.pick(SHORT_OBJECTS);
    }
    if (ticket < 0.87) {
      return draw.pick(SHORT_OBJECTS) + " " + draw.pick(SHORT_OBJECTS);
    }
    if (ticket < 0.96) {
      return draw.chance(0.6) ? THINGS.word(draw) : Syllables.word(draw);
    }
    return draw.chance(0.5) ? Syllables.random(draw) : modifier(draw) + " " + THINGS.word(draw);
  }

  private static String modifier(Draw draw) {
    return draw.pick(draw.pick(WordLists.MODIFIERS.groups()));
  }

  // An invented name: the letters of the list, of one language, of syllables, accented, or at random.
  private static String invented(LetterChain usual, Draw draw) {
    int ticket = draw.below(100);
    if (ticket < 36) {
      return capital(usual.word(draw));
    }
    if (ticket < 50) {
      return capital(draw.pick(BY_LANGUAGE).word(draw));
    }
    if (ticket < 80) {
      return capital(Syllables.word(draw));
    }
    if (ticket < 88) {
      return capital(Syllables.accented(draw.chance(0.5) ? Syllables.word(draw) : usual.word(draw), draw));
    }
    return capital(Syllables.random(draw));
  }

  private static List<String> joined(List<String> first, List<String> second) {
    List<String> both = new ArrayList<>(first);
    both.addAll(second);
    return both;
  }

  private static String ascii(String word) {
    String plain =
        java.text.Normalizer.normalize(word.toLowerCase(Locale.ROOT), java.text.Normalizer.Form.NFD)
            .replace("ø", "o").replace("ł", "l").replace("ß", "ss").replace("æ", "ae").replace("ı", "i").replace("đ", "d")
            .replaceAll("[^a-z]", "");
    return plain.isEmpty() ? "post" : plain;
  }

  private static String capital(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
