// SPDX-License-Identifier: Apache-2.0
// Requests that look like those of lists, word problems, dates and stories and have to be declined: the
// families' own phrases with values beyond the taught ranges, and questions of the same field.
package io.qwenjet.corpus;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes requests just outside of four families, each with its refusal. */
final class NearMisses {
  static final List<String> INTENTS =
      List.of("near_lists", "near_word_problems", "near_dates_units", "near_stories");
  // A unit and one that has no whole number of it, or measures something else.
  private static final List<List<String>> UNITS =
      List.of(
          List.of("miles", "km"), List.of("km", "miles"), List.of("inches", "cm"), List.of("cm", "inches"),
          List.of("feet", "metres"), List.of("meters", "feet"), List.of("yards", "metres"), List.of("pounds", "kg"),
          List.of("kg", "pounds"), List.of("ounces", "grams"), List.of("grams", "ounces"), List.of("stone", "kg"),
          List.of("gallons", "litres"), List.of("litres", "gallons"), List.of("pints", "millilitres"), List.of("cups", "ml"),
          List.of("degrees Celsius", "Fahrenheit"), List.of("degrees Fahrenheit", "Celsius"), List.of("°C", "°F"),
          List.of("°F", "°C"), List.of("acres", "hectares"), List.of("km/h", "mph"), List.of("knots", "km/h"),
          List.of("calories", "joules"), List.of("euros", "dollars"), List.of("dollars", "euros"), List.of("pounds", "dollars"),
          List.of("yen", "euros"), List.of("light years", "km"), List.of("months", "days"), List.of("days", "years"),
          List.of("kg", "metres"), List.of("litres", "hours"), List.of("km", "minutes"), List.of("hours", "km"),
          List.of("grams", "litres"), List.of("weeks", "euros"), List.of("bytes", "metres"));
  private static final List<List<String>> TAUGHT_UNITS =
      List.of(
          List.of("m", "cm"), List.of("km", "m"), List.of("kg", "g"), List.of("hours", "minutes"), List.of("days", "hours"),
          List.of("litres", "millilitres"), List.of("minutes", "seconds"), List.of("weeks", "days"), List.of("years", "months"));

  private NearMisses() {}

  static Exchange draw(Draw draw) {
    return draw(draw.pick(INTENTS), draw);
  }

  static Exchange draw(String intent, Draw draw) {
    return switch (intent) {
      case "near_lists" -> list(draw);
      case "near_word_problems" -> problem(draw);
      case "near_dates_units" -> draw.chance(0.35) ? unit(draw) : date(draw);
      default -> story(draw);
    };
  }

  private static Exchange declined(String intent, Request request, String refusal, Draw draw) {
    return Exchange.of(intent, request, null, Refusals.answer(refusal, draw), List.of());
  }

  private static Exchange list(Draw draw) {
    if (draw.chance(0.4)) {
      return declined("near_lists", ListsFamily.tooLong(draw), "long_list", draw);
    }
    String rule = draw.pick("numbers", "words", "words", "either");
    boolean numeric = rule.equals("numbers") || rule.equals("either") && draw.chance(0.5);
    Map<String, String> city = Map.of("city", Names.city(draw));
    Request request = ListsFamily.about(Grammar.load("near_lists"), rule, numeric, city, draw);
    return declined("near_lists", request, "list", draw);
  }

  private static Exchange problem(Draw draw) {
    Request request =
        draw.chance(0.4)
            ? WordProblemsFamily.outOfRange(draw)
            : WordProblemsFamily.near(draw.pick("part", "percent", "percent", "rate", "average", "age", "long", "long", "space"), draw);
    return declined("near_word_problems", request, "sum", draw);
  }

  private static Exchange date(Draw draw) {
    if (draw.chance(0.3)) {
      return declined("near_dates_units", DatesUnitsFamily.tooFar(draw), "date", draw);
    }
    String rule = draw.pick("now", "now", "calendar", "calendar", "feast", "clock");
    Map<String, String> values = DatesUnitsFamily.slots(draw);
    Request request = Request.ask(Grammar.load("near_dates_units"), rule, values, draw);
    return declined("near_dates_units", request, rule.equals("now") ? "live" : "date", draw);
  }

  // The same phrases as for units that are taught.
  private static Exchange unit(Draw draw) {
    int kind = draw.below(10);
    List<String> pair = draw.pick(kind < 6 ? UNITS : TAUGHT_UNITS);
    String from = pair.get(0);
    String to = pair.get(1);
    String count = Integer.toString(draw.between(2, draw.pick(9, 99, 999)));
    if (kind < 2) {
      // One that nobody has heard of.
      String made = Words.plural(Names.surname(draw).toLowerCase(Locale.ROOT));
      boolean first = draw.chance(0.5);
      from = first ? made : from;
      to = first ? to : made;
    } else if (kind >= 6) {
      count = draw.between(1, 99) + "." + draw.between(1, 9);
      boolean up = draw.chance(0.3);
      from = pair.get(up ? 1 : 0);
      to = pair.get(up ? 0 : 1);
    }
    Map<String, String> values = Map.of("from", count + " " + from, "unit", to, "old", from, "n", count);
    Request request = Request.ask(Grammar.load("dates_units"), "unit", values, draw);
    return declined("near_dates_units", request, "unit", draw);
  }

  private static Exchange story(Draw draw) {
    Map<String, String> given = new HashMap<>(Story.draw(draw).values());
    // Moods are part of the phrase here.
    given.put("mood", "");
    String rule = draw.pick("work", "work", "manner", "change");
    Request request = Request.ask(Grammar.load("near_stories"), rule, OpenSlots.draw(draw, given), draw);
    return declined("near_stories", request, rule.equals("change") ? "task" : "write", draw);
  }
}
