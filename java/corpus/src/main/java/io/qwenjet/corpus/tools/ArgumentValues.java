// SPDX-License-Identifier: Apache-2.0
// Values for arguments and results by their kind.
package io.qwenjet.corpus.tools;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

final class ArgumentValues {
  private static final List<String> SKY =
      List.of("sunny", "cloudy", "rainy", "windy", "foggy", "clear", "snowy", "stormy", "partly cloudy", "dry");
  private static final List<String> STATES =
      List.of("on its way", "packed", "delivered", "delayed", "in customs", "ready for pick-up", "being checked", "lost");
  private static final List<String> CURRENCIES =
      List.of("EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "INR", "NGN", "KES", "ZAR", "BRL", "MXN", "TRY", "AUD", "CAD", "CNY", "KRW", "euros", "dollars", "pounds", "yen");
  private static final List<String> LANGUAGES =
      List.of("German", "French", "Spanish", "Italian", "Polish", "Turkish", "Japanese", "Chinese", "Arabic", "Hindi", "Swedish", "Dutch", "Greek", "Igbo", "Yoruba", "Welsh", "Finnish", "Korean", "Vietnamese", "Portuguese");
  private static final List<String> ROOMS =
      List.of("kitchen", "bathroom", "bedroom", "living room", "hall", "office", "garage", "cellar", "attic", "nursery", "garden house", "workshop", "dining room", "guest room");

  private ArgumentValues() {}

  static String draw(Parameter parameter, Draw draw) {
    return parameter.options().isEmpty() ? draw(parameter.name(), parameter.kind(), draw) : draw.pick(parameter.options());
  }

  /** A value; "string" is read from the name. */
  static String draw(String name, String kind, Draw draw) {
    return switch (kind) {
      case "string" -> List.of("city", "from", "start", "to", "place").contains(name) ? Names.city(draw) : any(draw);
      case "town" -> Names.city(draw);
      case "person" -> draw.chance(0.6) ? Names.person(draw) : draw.chance(0.6) ? Names.firstName(draw) : Names.surname(draw);
      case "item" -> Names.item(draw);
      case "email" -> Names.email(draw);
      case "phone" -> Names.phone(draw);
      case "company" -> Names.company(draw);
      case "code" -> Names.code(draw);
      case "iso" -> String.format(Locale.ROOT, "%d-%02d-%02d", draw.between(2024, 2031), draw.between(1, 12), draw.between(1, 28));
      case "clock" -> String.format(Locale.ROOT, "%02d:%02d", draw.between(0, 23), draw.between(0, 11) * 5);
      case "integer" -> Integer.toString(draw.chance(0.7) ? draw.between(2, 20) : draw.between(2, 500));
      case "number" -> draw.chance(0.6) ? Integer.toString(draw.between(2, 5000)) : String.format(Locale.ROOT, "%d.%02d", draw.between(1, 900), draw.between(1, 99));
      case "temp" -> Integer.toString(draw.between(-12, 38));
      case "count" -> Integer.toString(draw.between(2, 999));
      case "minutes" -> Integer.toString(draw.between(3, 240));
      case "amount", "price" -> String.format(Locale.ROOT, "%d.%02d", draw.between(1, 2000), draw.between(0, 99));
      case "sky" -> draw.pick(SKY);
      case "state" -> draw.pick(STATES);
      case "currency" -> draw.pick(CURRENCIES);
      case "language" -> draw.pick(LANGUAGES);
      case "room" -> draw.pick(ROOMS);
      case "ticker" -> draw.value(() -> letters(draw.between(2, 5), draw));
      case "foreign" -> Names.surname(draw).toLowerCase(Locale.ROOT) + " " + Names.firstName(draw).toLowerCase(Locale.ROOT);
      case "topic", "subject", "text", "title", "headline" -> phrase(kind, draw);
      case "sum" -> draw.value(() -> draw.between(101, 999) + "*" + draw.between(101, 999));
      case "boolean" -> draw.chance(0.5) ? "true" : "false";
      default -> kind;
    };
  }

  private static String any(Draw draw) {
    return switch (draw.below(5)) {
      case 0 -> Names.person(draw);
      case 1 -> Names.code(draw);
      case 2 -> Names.city(draw);
      case 3 -> Names.company(draw);
      default -> Names.item(draw);
    };
  }

  private static String phrase(String kind, Draw draw) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("item", Names.item(draw));
    values.put("items", Names.plural(values.get("item")));
    values.put("code", Names.code(draw));
    values.put("city", Names.city(draw));
    values.put("first", Names.firstName(draw));
    values.put("last", Names.surname(draw));
    values.put("person", values.get("first") + " " + values.get("last"));
    values.put("company", Names.company(draw));
    values.put("time", draw("time", "clock", draw));
    return kind.equals("topic")
        ? draw.pick(List.of(values.get("items"), values.get("city"), values.get("person"), values.get("company")))
        : Grammar.load("tools").expand(kind, draw, values).text();
  }

  private static String letters(int count, Draw draw) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) ('A' + draw.below(26)));
    }
    return text.toString();
  }
}
