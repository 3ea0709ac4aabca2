// SPDX-License-Identifier: Apache-2.0
// Nothing but copying, in short: repeat a text, what is in quotes, lines to JSON, the value of a key.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Exchange;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Names;
import io.qwenjet.corpus.Request;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

final class Drills {
  private static final List<String> PLAIN_KEYS =
      List.of(
          "name", "item", "quantity", "city", "code", "email", "phone", "date", "company", "street", "colour", "owner",
          "from", "to", "title", "tag", "ref", "place", "part", "sender", "user", "model", "label", "room", "key", "price");

  private Drills() {}

  static Exchange draw(Draw draw) {
    return switch (draw.below(8)) {
      case 0, 1 -> repeat(draw);
      case 2 -> quoted(draw);
      case 3, 4 -> pairs(draw);
      case 5 -> csv(draw);
      default -> lookup(draw);
    };
  }

  private static Grammar grammar() {
    return Grammar.load("extraction");
  }

  static String any(Draw draw) {
    return switch (draw.below(13)) {
      case 0, 1 -> Names.person(draw);
      case 2 -> Names.surname(draw);
      case 3 -> Names.firstName(draw);
      case 4, 5, 6 -> Names.item(draw);
      case 7 -> Names.city(draw);
      case 8, 9 -> Names.code(draw);
      case 10 -> Names.company(draw);
      case 11 -> Names.email(draw);
      default -> draw.pick(Names.phone(draw), Names.street(draw), Names.toolName(draw));
    };
  }

  private static Exchange repeat(Draw draw) {
    int count = draw.pick(1, 1, 1, 2, 2, 3, 4);
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      parts.add(any(draw));
    }
    String what = String.join(draw.pick(" ", ", ", " and ", " / ", "; "), parts);
    Request request = Request.ask(grammar(), "repeat", Map.of("what", what), draw);
    return Exchange.of("repeat", request, null, what, parts);
  }

  private static Exchange quoted(Draw draw) {
    String what = any(draw);
    String open = draw.pick("\"", "\"", "'", "`");
    String body = draw.pick("", "Say ", "The label says ", "She wrote ", "It is called ", "Look at ", Names.person(draw) + " said ", "On the box: ")
        + open + what + open
        + draw.pick("", "", " and left.", " twice.", ", not " + Names.item(draw) + ".", " in red letters.");
    Request request = Request.about(grammar(), "quoted", Map.of(), body, draw);
    return Exchange.of("quoted", request, null, what, List.of(what));
  }

  private record Table(List<String> keys, List<String> values, List<Boolean> numbers) {
    static Table draw(Draw draw) {
      int count = draw.between(2, 5);
      List<String> keys = draw.chance(0.75) ? new ArrayList<>(draw.some(PLAIN_KEYS, count)) : new ArrayList<>();
      while (keys.size() < count) {
        String key = draw.until(() -> draw.chance(0.5) ? Names.toolName(draw) : Names.item(draw).replace(' ', '_'), made -> !keys.contains(made));
        keys.add(key);
      }
      List<String> values = new ArrayList<>();
      List<Boolean> numbers = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        boolean number = draw.chance(0.2) || List.of("quantity", "price").contains(keys.get(i));
        values.add(number ? Integer.toString(draw.between(1, draw.pick(9, 99, 9999))) : draw.until(() -> any(draw), made -> !made.contains(",")));
        numbers.add(number);
      }
      return new Table(keys, values, numbers);
    }

    String json() {
      Map<String, String> members = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        members.put(keys.get(i), numbers.get(i) ? values.get(i) : Json.quoted(values.get(i)));
      }
      return Json.object(members);
    }

    String lines(String between, String end) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < keys.size(); i++) {
        lines.add(keys.get(i) + between + values.get(i));
      }
      return lines.stream().collect(Collectors.joining(end));
    }
  }

  private static Exchange pairs(Draw draw) {
    Table table = Table.draw(draw);
    String body = table.lines(draw.pick(": ", ": ", " = ", "=", " - ", ":", " -> ", "\t"), draw.pick("\n", "\n", "; ", ", ", " | "));
    Request request = Request.about(grammar(), "pairs", Map.of(), body, draw);
    return Exchange.of("pairs_to_json", request, null, table.json(), table.values());
  }

  private static Exchange csv(Draw draw) {
    Table table = Table.draw(draw);
    String comma = draw.pick(",", ";", ", ", " | ");
    String body = String.join(comma, table.keys()) + "\n" + String.join(comma, table.values());
    Request request = Request.about(grammar(), "pairs", Map.of(), body, draw);
    return Exchange.of("row_to_json", request, null, table.json(), table.values());
  }

  private static Exchange lookup(Draw draw) {
    Table table = Table.draw(draw);
    int at = draw.below(table.keys().size());
    String body = draw.chance(0.6) ? table.json() : table.lines(draw.pick(": ", " = ", " - "), draw.pick("\n", "; "));
    Request request = Request.about(grammar(), "lookup", Map.of("key", table.keys().get(at)), body, draw);
    return Exchange.of("lookup", request, null, table.values().get(at), List.of(table.values().get(at)));
  }
}
