// SPDX-License-Identifier: Apache-2.0
// Dates and units: weekdays, the day after, ISO dates, whole-number conversions.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Split;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;

final class DateItems {
  private static final List<String> AFTER =
      List.of(
          "It is {day} now. Which weekday comes in {n} days?", "{n} days from {day}, what day will it be?",
          "{day}, and {n} days on top of it?", "My parcel left on {day} and takes {n} days. On which weekday is it here?",
          "if today's {day}, name the day {n} days later");
  private static final List<String> NEXT =
      List.of(
          "what day follows {day}", "Which day comes right after {day}?",
          "Today is {day}, so tomorrow is?", "name the day that comes next after {day}");
  private static final List<String> FOLLOWING =
      List.of(
          "What's the date one day after {date}?", "Today is {date}. Give me tomorrow's date as YYYY-MM-DD.",
          "The day following {date} is which date?", "{date}, and the date on the next morning?");
  private static final List<String> ISO =
      List.of(
          "How do I write {date} in the form YYYY-MM-DD?", "{date} as an ISO date?",
          "Convert the date {date} into ISO format", "our system wants YYYY-MM-DD, the date is {date}");

  /** From, to, factor, and how the smaller unit may be written. */
  private record Unit(String large, String small, int factor) {}

  private static final List<Unit> UNITS =
      List.of(
          new Unit("metres", "centimetres", 100), new Unit("m", "cm", 100), new Unit("km", "m", 1000),
          new Unit("kilometers", "meters", 1000), new Unit("kg", "g", 1000),
          new Unit("kilograms", "grams", 1000), new Unit("hours", "minutes", 60),
          new Unit("minutes", "seconds", 60), new Unit("days", "hours", 24), new Unit("weeks", "days", 7),
          new Unit("litres", "millilitres", 1000), new Unit("years", "months", 12),
          new Unit("cm", "mm", 10), new Unit("l", "ml", 1000));
  private static final List<String> CONVERT =
      List.of(
          "{n} {large} are how many {small}?", "I have {n} {large}, how much is that in {small}?",
          "{n} {large} in {small}, please", "Express {n} {large} in {small}.",
          "recipe says {n} {large}, my tool shows {small}. what number do I set?");

  private DateItems() {}

  static MadeItem make(Draw draw, int index) {
    return switch (index % 6) {
      case 0 -> weekday(draw, AFTER, 12);
      case 1 -> index % 4 == 1 ? weekday(draw, NEXT, 1) : weekday(draw, AFTER, 12);
      case 2 -> following(draw);
      case 3 -> iso(draw);
      default -> convert(draw, index % 6 == 5);
    };
  }

  private static MadeItem weekday(Draw draw, List<String> asked, int most) {
    int[] drawn =
        draw.until(
            () -> new int[] {draw.between(1, 7), most == 1 ? 1 : draw.between(2, most)},
            each -> most == 1 || Split.isHeldOutValue(name(DayOfWeek.of(each[0])) + "+" + each[1]));
    DayOfWeek day = DayOfWeek.of(drawn[0]);
    int days = drawn[1];
    Draft draft = Draft.of(draw.pick(asked), "day", name(day), "n", days);
    ObjectNode check = Lines.check("choice", "answer", name(day.plus(days)), "labels", "weekdays", "last", true);
    return Lines.plain(draw, draft, check);
  }

  private static MadeItem following(Draw draw) {
    LocalDate date = date(draw);
    if (draw.chance(0.35)) {
      date = date.withDayOfMonth(date.lengthOfMonth());
    }
    Draft draft = Draft.of(draw.pick(FOLLOWING), "date", date);
    return Lines.plain(draw, draft, Lines.says(date.plusDays(1).toString()));
  }

  private static MadeItem iso(Draw draw) {
    LocalDate date = date(draw);
    String pattern = draw.pick("MMMM d, yyyy", "d MMMM yyyy", "MMMM d, yyyy", "d MMM yyyy");
    String written = date.format(DateTimeFormatter.ofPattern(pattern, Locale.US));
    Draft draft = Draft.of(draw.pick(ISO), "date", written);
    return Lines.plain(draw, draft, Lines.says(date.toString()));
  }

  private static MadeItem convert(Draw draw, boolean back) {
    Unit unit = draw.until(() -> draw.pick(UNITS), DateItems::hasUnseen);
    int number = Pools.operands(draw, 'x', 2, unit.factor() >= 100 ? 60 : 20, unit.factor(), unit.factor())[0];
    if (back) {
      Draft draft =
          Draft.of(
              draw.pick(CONVERT), "n", number * unit.factor(), "large", unit.small(), "small", unit.large());
      return Lines.plain(draw, draft, Lines.number(number));
    }
    Draft draft = Draft.of(draw.pick(CONVERT), "n", number, "large", unit.large(), "small", unit.small());
    return Lines.plain(draw, draft, Lines.number(number * unit.factor()));
  }

  /** Whether training leaves out any product of this factor. */
  private static boolean hasUnseen(Unit unit) {
    for (int i = 2; i <= 20; i++) {
      if (Split.isHeldOutValue(i + "x" + unit.factor()) || Split.isHeldOutValue(unit.factor() + "x" + i)) {
        return true;
      }
    }
    return false;
  }

  private static LocalDate date(Draw draw) {
    return draw.until(
        () -> LocalDate.of(2015, 1, 1).plusDays(draw.below(6500)),
        date -> Split.isHeldOutValue(date.toString()) || Split.isHeldOutValue(date + "1"));
  }

  private static String name(DayOfWeek day) {
    return day.getDisplayName(TextStyle.FULL, Locale.US);
  }
}
