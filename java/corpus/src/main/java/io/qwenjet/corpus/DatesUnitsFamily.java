// SPDX-License-Identifier: Apache-2.0
// Days, months, dates and units. Steps of days are counted one by one after whole weeks are taken off;
// dates and units that need a sum work it as Working does.
package io.qwenjet.corpus;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

final class DatesUnitsFamily implements Family {
  private static final int MAX_DAYS = 20;
  private static final List<String> INTENTS =
      List.of(
          "day_near", "day_plus", "day_plus", "day_minus", "date_plus", "date_plus", "date_minus",
          "date_next", "iso_date", "month_near", "month_place", "month_days", "unit_down", "unit_down", "unit_down",
          "unit_up", "unit_up");

  /** A unit, how many of a smaller one it has, and the names that questions and answers use. */
  private record Unit(String large, String largeOne, int factor, String small, String smallOne) {}

  private record Shift(DayOfWeek day, int days) {}

  private record Amount(Unit unit, int count) {}

  private static final List<Unit> UNITS =
      List.of(
          new Unit("m", "m", 100, "cm", "cm"),
          new Unit("cm", "cm", 10, "mm", "mm"),
          new Unit("m", "m", 1000, "mm", "mm"),
          new Unit("km", "km", 1000, "m", "m"),
          new Unit("kg", "kg", 1000, "g", "g"),
          new Unit("meters", "meter", 100, "centimeters", "centimeter"),
          new Unit("metres", "metre", 100, "centimetres", "centimetre"),
          new Unit("kilometers", "kilometer", 1000, "meters", "meter"),
          new Unit("kilograms", "kilogram", 1000, "grams", "gram"),
          new Unit("litres", "litre", 1000, "millilitres", "millilitre"),
          new Unit("hours", "hour", 60, "minutes", "minute"),
          new Unit("minutes", "minute", 60, "seconds", "second"),
          new Unit("h", "h", 60, "min", "min"),
          new Unit("min", "min", 60, "s", "s"),
          new Unit("days", "day", 24, "hours", "hour"),
          new Unit("weeks", "week", 7, "days", "day"),
          new Unit("years", "year", 12, "months", "month"),
          new Unit("dozen", "dozen", 12, "pieces", "piece"),
          new Unit("euros", "euro", 100, "cents", "cent"),
          new Unit("dollars", "dollar", 100, "cents", "cent"));

  @Override
  public String name() {
    return "dates_units";
  }

  @Override
  public Exchange draw(Draw draw) {
    String intent = draw.pick(INTENTS);
    return switch (intent) {
      case "day_near" -> dayNear(draw);
      case "day_plus", "day_minus" -> dayShift(draw, intent);
      case "date_plus", "date_minus" -> dateShift(draw, intent);
      case "date_next" -> dateNear(draw);
      case "iso_date" -> isoDate(draw);
      case "month_near", "month_place", "month_days" -> month(draw, intent);
      default -> unit(draw, intent);
    };
  }

  /** A request of these phrases for more days than are taught, or for months and years. */
  static Request tooFar(Draw draw) {
    String intent = draw.pick("day_plus", "day_minus", "date_plus", "date_minus");
    Map<String, String> values = new HashMap<>(slots(draw));
    values.put("span", draw.pick(draw.between(60, 999) + " days", draw.between(10, 99) + " weeks", draw.between(2, 40) + " months", draw.between(2, 99) + " years", draw.between(1000, 99_999) + " days"));
    return ask(draw, intent, values);
  }

  /** Texts for questions about days, dates and times. */
  static Map<String, String> slots(Draw draw) {
    LocalDate date = date(draw, "+1");
    Map<String, String> values = new HashMap<>();
    values.put("day", name(draw.pick(DayOfWeek.values())));
    values.put("month", name(draw.pick(Month.values())));
    values.put("date", date.toString());
    values.put("date2", date.plusDays(draw.between(20, 900)).toString());
    values.put("written", written(draw, date));
    values.put("year", Integer.toString(date.getYear()));
    values.put("span", draw.between(2, 99) + draw.pick(" days", " days", " weeks", " months"));
    values.put("time", time(draw));
    values.put("time2", time(draw));
    values.put("n", Integer.toString(draw.between(2, 12)));
    values.put("k", Integer.toString(draw.between(5, 240)));
    values.put("city", Names.city(draw));
    values.put("city2", Names.city(draw));
    return values;
  }

  private static String time(Draw draw) {
    return String.format(Locale.ROOT, draw.chance(0.5) ? "%d:%02d" : "%02d:%02d", draw.below(24), draw.below(60));
  }

  private static Exchange dayNear(Draw draw) {
    DayOfWeek day = draw.pick(DayOfWeek.values());
    boolean next = draw.chance(0.55);
    Request request = ask(draw, next ? "day_after" : "day_before", Map.of("day", name(day)));
    DayOfWeek answer = next ? day.plus(1) : day.minus(1);
    return Exchange.of(next ? "day_after" : "day_before", request, name(day) + (next ? "+1" : "-1"), name(answer), List.of());
  }

  private static Exchange dayShift(Draw draw, String intent) {
    int sign = intent.equals("day_plus") ? 1 : -1;
    Shift shift =
        draw.until(
            () -> new Shift(draw.pick(DayOfWeek.values()), draw.between(2, MAX_DAYS)),
            each -> draw.split().takesValue(name(each.day()) + (sign > 0 ? "+" : "-") + each.days()));
    DayOfWeek day = shift.day();
    int days = shift.days();
    boolean weeks = days % 7 == 0 && draw.chance(0.3);
    String span =
        weeks ? days / 7 + (days == 7 ? " week" : " weeks") : NumberWords.typed(draw, 0.12, days).get(0) + " days";
    Request request = ask(draw, intent, Map.of("day", name(day), "span", span));
    String steps = name(day) + (sign > 0 ? "+" : "-") + days + '\n' + countedDays(day, days, sign);
    return Exchange.of(intent, request, steps, name(day.plus((long) sign * days)), List.of());
  }

  // Whole weeks change nothing: they go first, and what is left is counted.
  private static String countedDays(DayOfWeek day, int days, int sign) {
    StringBuilder steps = new StringBuilder();
    int left = days;
    if (days >= 7) {
      left = days % 7;
      steps.append(days).append('-').append(days - left).append('=').append(left).append('\n');
    }
    steps.append("0 ").append(name(day));
    for (int i = 1; i <= left; i++) {
      steps.append('\n').append(i).append(' ').append(name(day.plus((long) sign * i)));
    }
    return steps.toString();
  }

  private static Exchange dateNear(Draw draw) {
    LocalDate date = date(draw, "+1");
    boolean next = draw.chance(0.6);
    String rule = next ? "date_next" : "date_previous";
    Request request = ask(draw, rule, Map.of("date", date.toString()));
    int sign = next ? 1 : -1;
    LocalDate shifted = date.plusDays(sign);
    StringBuilder steps = new StringBuilder(date.toString()).append(next ? "+1" : "-1");
    if (shifted.getMonth() != date.getMonth()) {
      steps.append('\n').append(monthLength(next ? date : shifted));
    }
    return Exchange.of(rule, request, steps.toString(), shifted.toString(), List.of());
  }

  // A date as people write it becomes year, month and day in digits.
  private static Exchange isoDate(Draw draw) {
    LocalDate date = date(draw, "+0");
    Request request = ask(draw, "iso_date", Map.of("written", written(draw, date)));
    String iso = date.toString();
    String steps =
        "year " + iso.substring(0, 4) + "\nmonth " + name(date.getMonth()) + '=' + iso.substring(5, 7) + "\nday " + iso.substring(8);
    return Exchange.of("iso_date", request, steps, iso, List.of());
  }

  private static String written(Draw draw, LocalDate date) {
    int day = date.getDayOfMonth();
    int year = date.getYear();
    String month = name(date.getMonth());
    String nth = NumberWords.shortOrdinal(day);
    String brief = month.length() > 4 ? month.substring(0, 3) : month;
    return switch (draw.below(12)) {
      case 0, 1, 2 -> day + " " + month + " " + year;
      case 3, 4 -> month + " " + day + ", " + year;
      case 5 -> month + " " + nth + ", " + year;
      case 6 -> nth + " " + month + " " + year;
      case 7 -> "the " + nth + " of " + month + " " + year;
      case 8 -> day + ". " + month + " " + year;
      case 9 -> day + " " + brief + " " + year;
      case 10 -> name(date.getDayOfWeek()) + ", " + day + " " + month + " " + year;
      default -> brief + " " + day + ", " + year;
    };
  }

  private static Exchange dateShift(Draw draw, String intent) {
    boolean later = intent.equals("date_plus");
    int days = draw.between(2, draw.chance(0.5) ? 9 : 30);
    LocalDate date = date(draw, (later ? "+" : "-") + days);
    String span = NumberWords.typed(draw, 0.1, days).get(0);
    if (days % 7 == 0 && draw.chance(0.3)) {
      span = days / 7 + (days == 7 ? " week" : " weeks");
    } else {
      span += " days";
    }
    Request request = ask(draw, intent, Map.of("date", date.toString(), "span", span));
    LocalDate shifted = later ? date.plusDays(days) : date.minusDays(days);
    StringBuilder steps = new StringBuilder(date.toString()).append(later ? "+" : "-").append(days).append('\n');
    int day = date.getDayOfMonth();
    int length = date.lengthOfMonth();
    if (later) {
      steps.append(Working.of(day, '+', days).steps()).append('\n').append(monthLength(date));
      int sum = day + days;
      if (sum > length) {
        steps.append('\n').append(Working.of(sum, '-', length).steps());
        if (sum - length > shifted.lengthOfMonth()) {
          throw new IllegalStateException("expected a date in the next month, got " + shifted);
        }
      }
    } else if (days < day) {
      steps.append(Working.of(day, '-', days).steps());
    } else {
      steps.append(monthLength(shifted)).append('\n');
      steps.append(Working.of(day, '+', shifted.lengthOfMonth()).steps()).append('\n');
      steps.append(Working.of(day + shifted.lengthOfMonth(), '-', days).steps());
    }
    return Exchange.of(intent, request, steps.toString(), shifted.toString(), List.of());
  }

  private static String monthLength(LocalDate date) {
    return date.toString().substring(0, 7) + " has " + date.lengthOfMonth() + " days";
  }

  // A date from which one month's step is enough.
  private static LocalDate date(Draw draw, String shift) {
    return draw.until(
        () -> {
          int year = draw.chance(0.8) ? draw.between(2018, 2032) : draw.between(1950, 2060);
          int month = draw.chance(0.15) ? 2 : draw.between(1, 12);
          LocalDate first = LocalDate.of(year, month, 1);
          int day = draw.chance(0.25) ? first.lengthOfMonth() - draw.below(2) : draw.between(1, first.lengthOfMonth());
          return first.withDayOfMonth(day);
        },
        date -> draw.split().takesValue(date + shift) && oneStep(date, shift));
  }

  private static boolean oneStep(LocalDate date, String shift) {
    int days = Integer.parseInt(shift);
    LocalDate shifted = date.plusDays(days);
    int months = 12 * (shifted.getYear() - date.getYear()) + shifted.getMonthValue() - date.getMonthValue();
    return Math.abs(months) <= 1;
  }

  private static Exchange month(Draw draw, String intent) {
    Month month = draw.pick(Month.values());
    switch (intent) {
      case "month_near":
        boolean next = draw.chance(0.55);
        String rule = next ? "month_after" : "month_before";
        Request near = ask(draw, rule, Map.of("month", name(month)));
        return Exchange.of(rule, near, null, name(next ? month.plus(1) : month.minus(1)), List.of());
      case "month_place":
        int place = month.getValue();
        if (draw.chance(0.5)) {
          Request which = ask(draw, "month_of_place", Map.of("n", ordinal(draw, place), "k", Integer.toString(place)));
          return Exchange.of("month_of_place", which, null, name(month), List.of());
        }
        Request where = ask(draw, "place_of_month", Map.of("month", name(month)));
        return Exchange.of("place_of_month", where, null, Integer.toString(place), List.of());
      default:
        Month other = month == Month.FEBRUARY ? month.plus(draw.between(1, 11)) : month;
        Request days = ask(draw, "month_days", Map.of("month", name(other)));
        return Exchange.of("month_days", days, null, other.maxLength() + " days", List.of());
    }
  }

  private static Exchange unit(Draw draw, String intent) {
    boolean down = intent.equals("unit_down");
    Amount amount =
        draw.until(
            () -> {
              Unit each = draw.pick(UNITS);
              return new Amount(each, count(draw, each, down));
            },
            each -> Working.takes(draw.split(), each.count(), '*', each.unit().factor()));
    Unit unit = amount.unit();
    int count = amount.count();
    int small = count * unit.factor();
    String largeName = count == 1 ? unit.largeOne() : unit.large();
    String count1 = down && count < 100 ? NumberWords.typed(draw, 0.1, count).get(0) : Integer.toString(count);
    String space = unit.large().length() <= 2 && draw.chance(0.4) ? "" : " ";
    Map<String, String> values =
        down
            ? Map.of("from", count1 + (Character.isDigit(count1.charAt(0)) ? space : " ") + largeName, "unit", unit.small(), "old", unit.large(), "n", count1)
            : Map.of("from", small + space + unit.small(), "unit", unit.large(), "old", unit.small(), "n", Integer.toString(small));
    Request request = ask(draw, "unit", values);
    String answer = down ? small + " " + (small == 1 ? unit.smallOne() : unit.small()) : count + " " + largeName;
    return Exchange.of(
        intent, request, "1 " + unit.largeOne() + "=" + unit.factor() + " " + unit.small() + "\n"
            + (down ? product(count, unit.factor()) : quotient(small, unit.factor())), answer, List.of());
  }

  private static int count(Draw draw, Unit unit, boolean down) {
    return switch (unit.factor()) {
      case 10, 100, 1000 -> draw.between(1, draw.pick(9, 20, 99, unit.factor() == 1000 ? 99 : 999));
      case 7 -> draw.between(1, draw.pick(9, 20, down ? 99 : 99));
      case 60 -> draw.between(1, draw.pick(9, 9, down ? 99 : 16));
      default -> draw.between(1, down ? draw.pick(9, 9, 20, 99) : 9);
    };
  }

  // Powers of ten append zeros; the others are worked as sums.
  private static String product(int count, int factor) {
    if (factor % 10 == 0 && factor != 60) {
      return count + "*" + factor + "=" + count * factor;
    }
    return Working.of(count, '*', factor).steps();
  }

  // Powers of ten drop zeros, sixty drops one; factors above nine are counted up.
  private static String quotient(int small, int factor) {
    if (factor % 10 == 0 && factor != 60) {
      return small + "/" + factor + "=" + small / factor;
    }
    if (factor == 60) {
      return small + "/60=" + small / 10 + "/6\n" + Working.of(small / 10, '/', 6).steps();
    }
    if (factor < 10) {
      return Working.of(small, '/', factor).steps();
    }
    StringBuilder steps = new StringBuilder().append(small).append('/').append(factor);
    for (int i = 1; i * factor <= small; i++) {
      steps.append('\n').append(i).append('*').append(factor).append('=').append(i * factor);
    }
    return steps.toString();
  }

  private static Request ask(Draw draw, String rule, Map<String, String> values) {
    return Request.ask(Grammar.load("dates_units"), rule, values, draw);
  }

  private static String ordinal(Draw draw, int place) {
    return place <= 6 && draw.chance(0.6) ? NumberWords.ordinal(place) : NumberWords.shortOrdinal(place);
  }

  private static String name(DayOfWeek day) {
    return day.getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }

  private static String name(Month month) {
    return month.getDisplayName(TextStyle.FULL, Locale.ENGLISH);
  }
}
