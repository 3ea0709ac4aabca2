// SPDX-License-Identifier: Apache-2.0
// Lists, days, dates, units and follow-up questions, each recomputed from the text.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class ListsAndDatesTest {
  private static final List<String> DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");
  private static final List<String> MONTHS =
      List.of("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December");
  private static final Map<String, Integer> SIZE =
      Map.ofEntries(
          Map.entry("mm", 1), Map.entry("cm", 10), Map.entry("centimeter", 10), Map.entry("centimetre", 10),
          Map.entry("m", 1000), Map.entry("meter", 1000), Map.entry("metre", 1000), Map.entry("km", 1_000_000),
          Map.entry("kilometer", 1_000_000), Map.entry("g", 1), Map.entry("gram", 1), Map.entry("kg", 1000),
          Map.entry("kilogram", 1000), Map.entry("millilitre", 1), Map.entry("litre", 1000), Map.entry("s", 1),
          Map.entry("second", 1), Map.entry("min", 60), Map.entry("minute", 60), Map.entry("h", 3600),
          Map.entry("hour", 3600), Map.entry("day", 86_400), Map.entry("week", 604_800), Map.entry("month", 1),
          Map.entry("year", 12), Map.entry("piece", 1), Map.entry("dozen", 12), Map.entry("cent", 1),
          Map.entry("euro", 100), Map.entry("dollar", 100));

  @Test
  void listsAreRight() {
    Oracle.each(
        new ListsFamily(),
        exchange -> {
          String answer = Oracle.last(exchange).content();
          switch (exchange.intent()) {
            case "ascending", "descending", "largest", "smallest" -> numbers(exchange, answer);
            case "compare" -> compare(exchange, answer);
            case "alphabetical" -> alphabetical(exchange, answer);
            default -> places(exchange, answer);
          }
          if (!exchange.copied().isEmpty() && !exchange.intent().equals("alphabetical")) {
            exchange.copied().forEach(item -> assertFalse(Split.isHeldOutValue(item), item));
          }
        });
  }

  private static void numbers(Exchange exchange, String answer) {
    List<Integer> sorted = new ArrayList<>(Oracle.numbers(Oracle.asked(exchange)));
    Collections.sort(sorted);
    switch (exchange.intent()) {
      case "ascending" -> assertEquals(sorted, Oracle.numbers(answer));
      case "descending" -> {
        Collections.reverse(sorted);
        assertEquals(sorted, Oracle.numbers(answer));
      }
      case "largest" -> assertEquals(sorted.get(sorted.size() - 1).toString(), answer);
      default -> assertEquals(sorted.get(0).toString(), answer);
    }
    if (exchange.intent().endsWith("cending")) {
      assertEquals(sorted.toString(), "[" + answer + "]");
    }
  }

  private static void compare(Exchange exchange, String answer) {
    List<Integer> asked = Oracle.numbers(Oracle.asked(exchange));
    List<Integer> said = Oracle.numbers(answer);
    Collections.sort(asked);
    if (answer.contains("equal")) {
      assertEquals(asked.get(0), asked.get(asked.size() - 1));
    } else {
      int direction = answer.contains("larger") ? 1 : -1;
      assertEquals(direction, Integer.compare(said.get(0), said.get(1)), answer);
      assertTrue(asked.containsAll(said), answer);
    }
  }

  private static void alphabetical(Exchange exchange, String answer) {
    List<String> sorted = new ArrayList<>(exchange.copied());
    sorted.sort(String.CASE_INSENSITIVE_ORDER);
    assertEquals(String.join(", ", sorted), answer);
    inOrder(exchange.copied(), Oracle.asked(exchange));
  }

  private static void places(Exchange exchange, String answer) {
    List<String> items = new ArrayList<>();
    String asked = Oracle.asked(exchange);
    if (exchange.intent().equals("remove")) {
      items.addAll(List.of(answer.split(", ")));
      inOrder(items, asked);
      if (!exchange.copied().isEmpty()) {
        assertEquals(exchange.copied().size() - 1, items.size());
      }
      return;
    }
    for (String line : Oracle.last(exchange).reasoning().split("\n")) {
      assertTrue(line.startsWith(items.size() + 1 + " "), line);
      items.add(line.substring(line.indexOf(' ') + 1));
    }
    inOrder(items, asked);
    switch (exchange.intent()) {
      case "count" -> assertEquals(String.valueOf(items.size()), answer);
      case "last" -> assertEquals(items.get(items.size() - 1), answer);
      case "reverse" -> {
        Collections.reverse(items);
        assertEquals(String.join(", ", items), answer);
      }
      default -> assertTrue(items.contains(answer));
    }
  }

  private static void inOrder(List<String> items, String text) {
    int at = 0;
    for (String item : items) {
      int found = text.indexOf(item, at);
      assertTrue(found >= at, item + " in order in " + text);
      at = found + item.length();
    }
  }

  @Test
  void daysDatesAndUnitsAreRight() {
    int[] checked = {0};
    Oracle.each(
        new DatesUnitsFamily(),
        exchange -> {
          String answer = Oracle.last(exchange).content();
          String asked = Oracle.asked(exchange);
          String intent = exchange.intent();
          if (intent.startsWith("day_")) {
            String day = DAYS.stream().filter(asked::contains).findFirst().orElseThrow();
            Integer span = intent.endsWith("after") || intent.endsWith("before") ? Integer.valueOf(1) : span(asked);
            if (span != null) {
              int sign = intent.endsWith("after") || intent.endsWith("plus") ? 1 : -1;
              assertEquals(DAYS.get(Math.floorMod(DAYS.indexOf(day) + sign * span, 7)), answer, asked);
              checked[0]++;
            }
          } else if (intent.startsWith("date_")) {
            Matcher date = Pattern.compile("\\d{4}-\\d\\d-\\d\\d").matcher(asked);
            assertTrue(date.find(), asked);
            Integer span = intent.matches("date_(next|previous)") ? Integer.valueOf(1) : span(asked.replace(date.group(), ""));
            if (span != null) {
              int sign = intent.endsWith("next") || intent.endsWith("plus") ? 1 : -1;
              assertEquals(LocalDate.ofEpochDay(LocalDate.parse(date.group()).toEpochDay() + sign * span), LocalDate.parse(answer), asked);
              checked[0]++;
            }
          } else if (intent.equals("iso_date")) {
            LocalDate date = LocalDate.parse(answer);
            List<Integer> numbers = Oracle.numbers(asked.replaceAll("(\\d)(st|nd|rd|th)\\b", "$1"));
            assertTrue(numbers.containsAll(List.of(date.getDayOfMonth(), date.getYear())), asked);
            assertTrue(asked.contains(MONTHS.get(date.getMonthValue() - 1).substring(0, 3)), asked);
          } else if (intent.startsWith("unit")) {
            unit(exchange, asked, answer);
          } else {
            month(intent, asked, answer);
          }
        });
    assertTrue(checked[0] > Oracle.DRAWS / 3, "checked " + checked[0]);
  }

  private static Integer span(String text) {
    Matcher span = Pattern.compile("(\\d+) (day|week)").matcher(text);
    return span.find() ? Integer.parseInt(span.group(1)) * (span.group(2).equals("week") ? 7 : 1) : null;
  }

  private static void unit(Exchange exchange, String asked, String answer) {
    Matcher said = Pattern.compile("(\\d+) (\\p{L}+)").matcher(answer);
    assertTrue(said.matches(), answer);
    Matcher rule = Pattern.compile("1 (\\p{L}+)=(\\d+) (\\p{L}+)").matcher(Oracle.last(exchange).reasoning().split("\n")[0]);
    assertTrue(rule.matches());
    int factor = size(rule.group(1)) / size(rule.group(3));
    assertEquals(factor, Integer.parseInt(rule.group(2)));
    List<Integer> numbers = Oracle.numbers(asked);
    if (numbers.size() == 1) {
      int result = Integer.parseInt(said.group(1));
      boolean down = exchange.intent().equals("unit_down");
      assertEquals(down ? numbers.get(0) * factor : numbers.get(0), down ? result : result * factor, asked);
      assertEquals(size(rule.group(down ? 3 : 1)), size(said.group(2)), answer);
    }
  }

  private static int size(String unit) {
    Integer size = SIZE.get(unit);
    if (size == null) {
      size = SIZE.get(unit.replaceFirst("s$", ""));
    }
    assertNotNull(size, unit);
    return size;
  }

  private static void month(String intent, String asked, String answer) {
    String month = MONTHS.stream().filter(asked::contains).findFirst().orElse(null);
    switch (intent) {
      case "month_after" -> assertEquals(MONTHS.get((MONTHS.indexOf(month) + 1) % 12), answer);
      case "month_before" -> assertEquals(MONTHS.get((MONTHS.indexOf(month) + 11) % 12), answer);
      case "place_of_month" -> assertEquals(MONTHS.indexOf(month) + 1, Integer.parseInt(answer));
      case "month_of_place" -> assertTrue(MONTHS.contains(answer));
      default -> assertEquals(LocalDate.of(2023, MONTHS.indexOf(month) + 1, 1).lengthOfMonth() + " days", answer);
    }
  }

  @Test
  void followUpsUseWhatWasSaid() {
    Oracle.each(
        new FollowUpFamily(),
        exchange -> {
          String answer = Oracle.last(exchange).content();
          List<Turn> turns = exchange.turns();
          if (exchange.intent().startsWith("recall_")) {
            List<String> said = exchange.copied().stream().filter(answer::contains).toList();
            assertFalse(said.isEmpty(), exchange.toString());
            String value = Collections.max(said, java.util.Comparator.comparing(String::length));
            assertTrue(turns.subList(0, turns.size() - 2).stream().anyMatch(turn -> turn.role().equals("user") && turn.content().contains(value)), exchange.toString());
          } else if (exchange.intent().startsWith("never_said_")) {
            assertTrue(answer.toLowerCase(Locale.ROOT).contains("you did not tell me"), answer);
            assertFalse(exchange.joinable());
          } else {
            Oracle.sum(answer);
            String before = turns.get(turns.size() - 3).content();
            assertEquals(Oracle.lastNumber(before), Oracle.numbers(answer).get(0));
            List<Integer> asked = Oracle.numbers(Oracle.asked(exchange));
            if (!asked.isEmpty()) {
              assertEquals(List.of(Oracle.numbers(answer).get(1)), asked);
            }
          }
        });
  }
}
