// SPDX-License-Identifier: Apache-2.0
// The values of one paper: people, things, amounts, days. Each is drawn when a text first
// uses it, since a text uses few.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values by the names that the grammar of papers gives them, and the lots among them. */
record Facts(Map<String, String> values, Map<String, Lot> lots) {
  private static final List<String> MONTHS =
      List.of(
          "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December");
  private static final List<String> DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
  private static final List<String> ROLES =
      List.of(
          "plumber", "nurse", "teacher", "engineer", "accountant", "baker", "carpenter", "driver", "gardener", "cook",
          "waiter", "sales manager", "head of purchasing", "project manager", "technician", "electrician", "designer",
          "software developer", "librarian", "secretary", "consultant", "tailor", "dentist", "vet", "photographer",
          "translator", "receptionist", "warehouse manager", "mechanic", "lawyer", "pilot", "farmer", "painter",
          "singer", "composer", "chemist", "florist", "clerk", "tour guide", "marketing director", "trainer");
  private static final List<String> SOON =
      List.of("tomorrow", "today", "next Monday", "next Friday", "this weekend", "next week", "this Thursday", "tonight", "next month", "by noon");

  static Facts draw(Draw draw) {
    LazyValues v = new LazyValues();
    Map<String, Lot> lots = new LinkedHashMap<>();
    String item = Names.item(draw);
    int quantity = Lot.quantity(draw);
    int cents = draw.chance(0.35) ? draw.between(1, 300) * 100 : draw.chance(0.5) ? draw.between(1, 999) * 10 : draw.between(50, 30_000);
    boolean whole = cents % 100 == 0 && draw.chance(0.7);
    v.put("item", item);
    v.put("qty", Integer.toString(quantity));
    v.later("items", () -> Names.plural(item));
    v.later("an_item", () -> Lot.article(item));
    v.later("lot", () -> lot("lot", Lot.of(item, quantity, draw), lots));
    v.later("lot2", () -> lot("lot2", Lot.draw(draw), lots));
    v.later("lot3", () -> lot("lot3", Lot.draw(draw), lots));
    v.later("n", () -> draw.until(() -> Integer.toString(draw.between(2, 30)), n -> !n.equals(v.get("qty"))));
    people(v, draw);
    v.put("price", money(cents, whole));
    v.later(
        "total",
        () -> draw.chance(0.5) && (long) cents * quantity < 900_000 ? money(cents * quantity, whole) : money(draw.between(100, 200_000), false));
    v.later("net", () -> money(draw.between(100, 90_000), draw.chance(0.3)));
    v.later("given", () -> draw.between(1, 40) * 5 + ".00");
    v.later("change", () -> money(draw.between(1, 1999), false));
    v.later("code", () -> Names.code(draw));
    v.later("account", () -> draw.until(() -> Names.code(draw), code -> !code.equals(v.get("code"))));
    times(v, draw);
    v.later("rate", () -> draw.chance(0.6) ? Integer.toString(draw.between(1, 25)) : draw.between(1, 19) + "." + draw.between(1, 9));
    v.later("guests", () -> Integer.toString(draw.between(2, 24)));
    v.later("nights", () -> Integer.toString(draw.between(2, 15)));
    v.later("hours", () -> draw.chance(0.7) ? Integer.toString(draw.between(2, 12)) : draw.between(1, 9) + ".5");
    return new Facts(v, lots);
  }

  private static void people(LazyValues v, Draw draw) {
    v.later("first", () -> Names.firstName(draw));
    v.later("last", () -> Names.surname(draw));
    v.later("person", () -> v.get("first") + " " + v.get("last"));
    v.later(
        "other",
        () -> draw.until(() -> draw.chance(0.5) ? Names.firstName(draw) : Names.person(draw), name -> !name.startsWith(v.get("first"))));
    v.later("city", () -> Names.city(draw));
    v.later("street", () -> Names.street(draw));
    v.later("company", () -> Names.company(draw));
    v.later("email", () -> draw.chance(0.7) ? Names.email(v.get("first"), v.get("last"), draw) : Names.email(draw));
    v.later("phone", () -> Names.phone(draw));
    v.later("age", () -> Integer.toString(draw.between(18, 93)));
    v.later("role", () -> draw.pick(ROLES));
    v.later("pet", () -> Names.firstName(draw));
  }

  private static void times(LazyValues v, Draw draw) {
    v.later("date", () -> date(draw));
    v.later("date2", () -> draw.until(() -> date(draw), date -> !date.equals(v.get("date"))));
    v.later("soon", () -> draw.pick(SOON));
    v.later("time", () -> time(draw));
    v.later("time2", () -> draw.until(() -> time(draw), time -> !time.equals(v.get("time"))));
    v.later("days", () -> Integer.toString(draw.pick(7, 10, 14, 21, 28, 30, 45, 60, 90, draw.between(3, 99))));
    v.later("months", () -> Integer.toString(draw.chance(0.5) ? 6 * draw.between(1, 10) : draw.between(2, 60)));
    v.later("year", () -> Integer.toString(draw.between(1890, 2012)));
    v.later("year2", () -> Integer.toString(Integer.parseInt(v.get("year")) + draw.between(5, 60)));
  }

  private static String lot(String name, Lot lot, Map<String, Lot> lots) {
    lots.put(name, lot);
    return lot.text();
  }

  private static String money(int cents, boolean whole) {
    return whole ? Integer.toString(cents / 100) : String.format(Locale.ROOT, "%d.%02d", cents / 100, cents % 100);
  }

  static String date(Draw draw) {
    int day = draw.between(1, 28);
    int month = draw.between(1, 12);
    int year = draw.between(2019, 2031);
    String name = MONTHS.get(month - 1);
    return switch (draw.below(10)) {
      case 0 -> day + " " + name + " " + year;
      case 1 -> day + " " + name;
      case 2 -> name + " " + day;
      case 3 -> name + " " + day + ", " + year;
      case 4 -> String.format(Locale.ROOT, "%d-%02d-%02d", year, month, day);
      case 5 -> String.format(Locale.ROOT, "%02d/%02d/%d", day, month, year);
      case 6 -> String.format(Locale.ROOT, "%d.%d.%d", day, month, year);
      case 7 -> draw.pick(DAYS) + ", " + day + " " + name;
      case 8 -> "the " + day + (day % 10 == 1 && day != 11 ? "st" : day % 10 == 2 && day != 12 ? "nd" : day % 10 == 3 && day != 13 ? "rd" : "th") + " of " + name;
      default -> draw.pick(DAYS);
    };
  }

  private static String time(Draw draw) {
    return switch (draw.below(5)) {
      case 0 -> draw.between(1, 12) + " " + draw.pick("am", "pm");
      case 1 -> draw.between(1, 12) + draw.pick("am", "pm");
      case 2 -> String.format(Locale.ROOT, "%d:%02d %s", draw.between(1, 12), draw.between(0, 11) * 5, draw.pick("am", "pm"));
      default -> String.format(Locale.ROOT, "%02d:%02d", draw.between(6, 23), draw.between(0, 11) * 5);
    };
  }
}
