// SPDX-License-Identifier: Apache-2.0
// Tools with usual names and natural requests, from grammar/tools.txt.
package io.qwenjet.corpus.tools;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Grammar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class KnownTools {
  private static final Grammar GRAMMAR = Grammar.load("tools");
  static final List<String> NAMES =
      List.of(
          "get_weather", "get_forecast", "get_time", "send_email", "send_message", "create_event", "set_alarm", "create_reminder",
          "convert_currency", "track_order", "cancel_order", "search_product", "check_stock", "place_order", "book_table", "book_flight",
          "find_route", "add_contact", "find_contact", "play_song", "translate_text", "get_stock_price", "calculate", "get_news",
          "set_light", "set_temperature", "create_ticket", "get_balance", "transfer_money", "find_recipe");

  private KnownTools() {}

  /** The names that a split may use; the held-out ones may be few. */
  static List<String> names(Draw draw) {
    List<String> names = new ArrayList<>(NAMES);
    names.removeIf(name -> !draw.split().takesValue(name));
    return names;
  }

  static Tool tool(String name) {
    String[] spec = spec(name);
    List<Parameter> parameters = new ArrayList<>();
    for (String part : spec[1].split(" ")) {
      parameters.add(Parameter.of(part));
    }
    return new Tool(name, spec[0], parameters);
  }

  private static String[] spec(String name) {
    return GRAMMAR.alternatives(name + ".spec").get(0).split(" \\| ");
  }

  /** A request for the tool with its arguments, and a result with an answer. */
  static Use use(String name, Draw draw) {
    Tool tool = tool(name);
    Map<String, String> values = new LinkedHashMap<>();
    for (Parameter parameter : tool.parameters()) {
      values.put(parameter.name(), draw.until(() -> ArgumentValues.draw(parameter, draw), value -> !values.containsValue(value)));
    }
    if (values.containsKey("product")) {
      values.put("products", io.qwenjet.corpus.Names.plural(values.get("product")));
    }
    String rule = name.equals("set_light") ? "set_light." + (values.get("on").equals("true") ? "on" : "off") : name;
    return new Use(tool, rule, values, result(name, values, draw));
  }

  private static Map<String, String> result(String name, Map<String, String> values, Draw draw) {
    Map<String, String> result = new LinkedHashMap<>();
    for (String part : spec(name)[2].split(" ")) {
      int colon = part.indexOf(':');
      String kind = part.substring(colon + 1);
      String value = ArgumentValues.draw(part.substring(0, colon), kind, draw);
      if (name.equals("calculate")) {
        String[] factors = values.get("expression").split("\\*");
        value = Integer.toString(Integer.parseInt(factors[0]) * Integer.parseInt(factors[1]));
      }
      if (name.equals("set_alarm") && kind.equals("clock")) {
        value = values.get("time");
      }
      result.put(part, value);
    }
    return result;
  }

  /**
   * One use of a tool.
   *
   * @param tool the tool
   * @param rule the rule that asks for it
   * @param values the arguments that a request may name
   * @param result what comes back, by "key:kind"
   */
  record Use(Tool tool, String rule, Map<String, String> values, Map<String, String> result) {}
}
