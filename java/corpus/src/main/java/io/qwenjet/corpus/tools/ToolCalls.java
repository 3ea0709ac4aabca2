// SPDX-License-Identifier: Apache-2.0
// Calls of the right tool with arguments copied from the request, answers from a tool's result, and a
// plain sentence where no tool fits.
package io.qwenjet.corpus.tools;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Exchange;
import io.qwenjet.corpus.Family;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Names;
import io.qwenjet.corpus.Request;
import io.qwenjet.corpus.Turn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Calls of tools. */
public final class ToolCalls implements Family {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Makes the family. */
  public ToolCalls() {}

  @Override
  public String name() {
    return "tool_calls";
  }

  @Override
  public Exchange draw(Draw draw) {
    int ticket = draw.below(100);
    if (ticket < 38) {
      return known(draw, false);
    }
    if (ticket < 72) {
      return own(draw, draw.chance(0.2));
    }
    return ticket < 84 ? none(draw) : known(draw, true);
  }

  private static Grammar grammar() {
    return Grammar.load("tools");
  }

  private static Exchange known(Draw draw, boolean withResult) {
    List<String> names = KnownTools.names(draw);
    if (names.isEmpty()) {
      return own(draw, withResult);
    }
    KnownTools.Use use = KnownTools.use(draw.pick(names), draw);
    Request request = articles(Request.ask(grammar(), use.rule(), use.values(), draw));
    Map<String, String> arguments = new LinkedHashMap<>();
    for (Parameter parameter : use.tool().parameters()) {
      for (String name : List.of(parameter.name(), parameter.name() + "s")) {
        if (request.skeleton().contains("{" + name + "}")) {
          arguments.put(parameter.name(), use.values().get(name));
        }
      }
      if (parameter.name().equals("on")) {
        arguments.put("on", use.values().get("on"));
      }
    }
    String call = json(use.tool(), arguments);
    List<Turn> turns = new ArrayList<>(List.of(Turn.user(request.text()), Turn.calling("", List.of(new Turn.Call(use.tool().name(), call)))));
    List<String> copied = new ArrayList<>(arguments.values());
    copied.add(use.tool().name());
    if (withResult) {
      Map<String, String> values = new LinkedHashMap<>(use.values());
      ObjectNode result = JSON.createObjectNode();
      use.result().forEach((key, value) -> {
        int colon = key.indexOf(':');
        String kind = key.substring(colon + 1);
        values.putIfAbsent(kind, value);
        values.put(key.substring(0, colon).equals("result") ? "result" : kind, value);
        put(result, key.substring(0, colon), value, List.of("temp", "count", "minutes", "price", "amount").contains(kind));
      });
      // A value named like an argument is the result's here: "price", "phone", "code".
      Grammar.Expansion answer = grammar().expand(use.tool().name() + ".answer", draw, values);
      String bare = answer.skeleton();
      values.forEach((name, value) -> {
        if (bare.contains("{" + name + "}")) {
          copied.add(value);
        }
      });
      turns.add(Turn.tool(result.toString()));
      turns.add(Turn.assistant(answer.text()));
    }
    String tools = tools(use.tool(), draw);
    return new Exchange(withResult ? "use_result" : "call", request.skeleton(), turns, tools, copied, false);
  }

  private static Exchange own(Draw draw, boolean withResult) {
    OwnTools.Own own = OwnTools.draw(draw);
    Map<String, String> values = new LinkedHashMap<>();
    values.put("verb", own.verb());
    values.put("Verb", OwnTools.capital(own.verb()));
    values.put("noun", own.noun());
    values.put("tool", own.tool().name());
    values.put("details", own.details().isEmpty() ? "now" : String.join(draw.pick(" ", " ", ", ", " and "), own.details()));
    Request request = Request.ask(grammar(), draw.chance(0.75) ? "own" : "own_named", values, draw);
    List<Turn> turns =
        new ArrayList<>(
            List.of(
                Turn.user(request.text()),
                Turn.calling("", List.of(new Turn.Call(own.tool().name(), json(own.tool(), own.values()))))));
    List<String> copied = new ArrayList<>(own.values().values());
    copied.add(own.tool().name());
    if (withResult) {
      ObjectNode result = JSON.createObjectNode();
      List<String> parts = new ArrayList<>();
      for (String key : draw.some(List.of("id", "status", "total", "city", "owner", "item"), draw.between(1, 2))) {
        String kind = switch (key) {
          case "id" -> "code";
          case "status" -> "state";
          case "total" -> "count";
          case "city" -> "town";
          case "owner" -> "person";
          default -> "item";
        };
        String value = ArgumentValues.draw(key, kind, draw);
        put(result, key, value, kind.equals("count"));
        parts.add("the " + key + " is " + value);
        copied.add(value);
      }
      turns.add(Turn.tool(result.toString()));
      String answer = String.join(" and ", parts);
      turns.add(Turn.assistant(draw.pick(OwnTools.capital(answer) + ".", "Done: " + answer + ".", "I called " + own.tool().name() + ": " + answer + ".")));
    }
    return new Exchange(withResult ? "use_own_result" : "call_own", request.skeleton(), turns, tools(own.tool(), draw), copied, false);
  }

  // A request for a tool that is not there: near misses of a tool that is, or nothing a tool does.
  private static Exchange none(Draw draw) {
    List<String> names = KnownTools.names(draw);
    Request request;
    List<String> near = new ArrayList<>(names);
    if (draw.chance(0.55) && names.size() > 3) {
      String asked = draw.pick(names);
      KnownTools.Use use = KnownTools.use(asked, draw);
      request = articles(Request.ask(grammar(), use.rule(), use.values(), draw));
      near.remove(asked);
      near.removeAll(RELATED.getOrDefault(asked, List.of()));
    } else if (draw.chance(0.6)) {
      OwnTools.Own own = OwnTools.draw(draw);
      Map<String, String> values = new LinkedHashMap<>();
      values.put("verb", own.verb());
      values.put("Verb", OwnTools.capital(own.verb()));
      values.put("noun", own.noun());
      values.put("details", own.details().isEmpty() ? "now" : String.join(" ", own.details()));
      request = Request.ask(grammar(), "own", values, draw);
    } else {
      request = Request.ask(grammar(), "chatter", Map.of(), draw);
    }
    List<String> schemas = new ArrayList<>();
    int count = draw.pick(1, 1, 1, 1, 2, 2, 3);
    for (int i = 0; i < count; i++) {
      schemas.add((near.isEmpty() || draw.chance(0.35) ? OwnTools.draw(draw).tool() : KnownTools.tool(near.remove(draw.below(near.size())))).schema());
    }
    String answer = grammar().phrase("none", draw);
    return new Exchange(
        "no_tool",
        request.skeleton(),
        List.of(Turn.user(request.text()), Turn.assistant(answer)),
        "[" + String.join(", ", schemas) + "]",
        List.of(),
        false);
  }

  private static final Map<String, List<String>> RELATED =
      Map.of(
          "get_weather", List.of("get_forecast"),
          "get_forecast", List.of("get_weather"),
          "search_product", List.of("check_stock", "place_order"),
          "check_stock", List.of("search_product"),
          "place_order", List.of("search_product"),
          "send_message", List.of("send_email"),
          "create_event", List.of("create_reminder"),
          "create_reminder", List.of("create_event", "set_alarm"),
          "set_alarm", List.of("create_reminder"));

  // The right tool among none to three others.
  private static String tools(Tool right, Draw draw) {
    List<String> schemas = new ArrayList<>();
    schemas.add(right.schema());
    List<String> others = new ArrayList<>(KnownTools.names(draw));
    others.remove(right.name());
    others.removeAll(RELATED.getOrDefault(right.name(), List.of()));
    int count = draw.pick(0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3);
    for (int i = 0; i < count; i++) {
      Tool other =
          others.isEmpty() || draw.chance(0.5)
              ? draw.until(() -> OwnTools.draw(draw).tool(), made -> !made.name().equals(right.name()))
              : KnownTools.tool(others.remove(draw.below(others.size())));
      schemas.add(other.schema());
    }
    return draw.shuffled(schemas).stream().collect(Collectors.joining(", ", "[", "]"));
  }

  private static Request articles(Request request) {
    return new Request(request.text().replaceAll("(?<![\\p{L}\\p{N}])a (?=[aeioAEIO])", "an "), request.skeleton(), request.noisy());
  }

  private static String json(Tool tool, Map<String, String> arguments) {
    ObjectNode object = JSON.createObjectNode();
    for (Parameter parameter : tool.parameters()) {
      String value = arguments.get(parameter.name());
      if (value != null) {
        put(object, parameter.name(), value, !parameter.jsonType().equals("string"));
      }
    }
    return object.toString();
  }

  // Numbers stay as they were written: 49.90 is not 49.9.
  private static void put(ObjectNode object, String key, String value, boolean bare) {
    if (bare) {
      object.putRawValue(key, new RawValue(value));
    } else {
      object.put(key, value);
    }
  }
}
