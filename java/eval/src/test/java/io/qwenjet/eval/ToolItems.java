// SPDX-License-Identifier: Apache-2.0
// Tools with held-out names: calls, the use of results, and requests that no tool fits.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Split;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class ToolItems {
  private static final List<String> VERBS =
      List.of(
          "get", "fetch", "read", "check", "find", "load", "query", "request", "show", "lookup", "pull",
          "obtain", "make", "do", "run", "start", "open", "new", "my", "quick", "call", "send", "set", "put");

  /**
   * A kind of tool.
   *
   * @param nouns what its name ends in
   * @param purpose its description
   * @param parameters name and type in turn; an integer's value comes from {name}
   * @param asked requests with {parameter} in them
   * @param result what it gives back, with {parameter} and {r}
   */
  private record Kind(
      List<String> nouns, String purpose, List<String> parameters, List<String> asked, String result) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              List.of("weather", "forecast", "climate", "rainfall", "temperature"),
              "Weather of a city", List.of("city", "string", "days", "integer"),
              List.of("Will I need a coat in {city} over the next {days} days?", "weather for {city}, {days} days ahead",
                  "I travel to {city} for {days} days, what's the weather like?"),
              "{\"city\":\"{city}\",\"degrees\":{r}}"),
          new Kind(
              List.of("stock", "inventory", "availability", "supply"),
              "Pieces of an item in store", List.of("item", "string"),
              List.of("How many of the {item} do we still have?", "is the {item} in store?", "Do we have any {item} left in the warehouse?"),
              "{\"item\":\"{item}\",\"pieces\":{r}}"),
          new Kind(
              List.of("message", "note", "text", "memo", "letter"),
              "Sends a text to a person", List.of("person", "string", "text", "string"),
              List.of("Tell {person} this: {text}", "Let {person} know: {text}", "write to {person}: {text}"),
              "{\"sent\":true,\"id\":{r}}"),
          new Kind(
              List.of("order", "parcel", "shipment", "delivery"),
              "State of an order", List.of("code", "string"),
              List.of("What's up with {code}?", "Any news on order {code}?", "has {code} been shipped yet"),
              "{\"code\":\"{code}\",\"days_left\":{r}}"),
          new Kind(
              List.of("timer", "alarm", "countdown", "reminder"),
              "Rings after some minutes", List.of("minutes", "integer"),
              List.of("Wake me in {minutes} minutes.", "ring when {minutes} minutes are over", "I want to hear a bell {minutes} minutes from now"),
              "{\"ok\":true,\"ends\":{r}}"),
          new Kind(
              List.of("room", "table", "seat", "booking", "hotel"),
              "Books a place for guests", List.of("city", "string", "guests", "integer", "name", "string"),
              List.of("Reserve for {guests} people in {city}, the name is {name}.", "{name} wants to come with {guests} guests in {city}, book it.",
                  "book {city}, {guests} guests, name {name}"),
              "{\"booking\":{r},\"name\":\"{name}\"}"),
          new Kind(
              List.of("user", "contact", "customer", "member", "profile"),
              "Data of a person by e-mail", List.of("email", "string"),
              List.of("Who is behind {email}?", "I need the data we keep for {email}", "look {email} up"),
              "{\"email\":\"{email}\",\"orders\":{r}}"),
          new Kind(
              List.of("price", "cost", "rate", "quote"),
              "Price of some pieces of an item", List.of("item", "string", "count", "integer"),
              List.of("What would {count} times the {item} cost?", "{count} of your {item}, how much is it?", "I'd buy {count} pieces of {item}. Price?"),
              "{\"item\":\"{item}\",\"euros\":{r}}"),
          new Kind(
              List.of("light", "lamp", "heating", "blinds", "fan"),
              "Sets a device to a level", List.of("room", "string", "level", "integer"),
              List.of("{room} to {level} percent, please", "Set it to {level} in the {room}.", "make the {room} {level} percent"),
              "{\"room\":\"{room}\",\"level\":{level},\"watts\":{r}}"));
  private static final List<String> UNFIT =
      List.of(
          "Compose a song about {name} from {city}.", "Paint me the skyline of {city}.", "How do I bake bread like {name}?",
          "Who won the chess match between {name} and {person}?", "Translate '{name} is late' to Finnish.",
          "Explain black holes to {name}.");

  private ToolItems() {}

  static MadeItem make(Draw draw, int index) {
    Kind kind = KINDS.get(index % KINDS.size());
    String name = name(draw, kind);
    Map<String, Object> values = values(draw, kind);
    ArrayNode tools = Lines.MAPPER.createArrayNode();
    tools.add(schema(name, kind));
    if (draw.chance(0.6)) {
      Kind other = draw.until(() -> draw.pick(KINDS), each -> each != kind);
      tools.insert(draw.below(2), schema(name(draw, other), other));
    }
    ArrayNode messages = Lines.MAPPER.createArrayNode();
    if (index % 10 == 7) {
      Draft draft =
          Draft.of(draw.pick(UNFIT), "name", Pools.firstName(draw), "city", draw.pick(Pools.CITIES), "person", Pools.person(draw));
      messages.add(draft.text());
      return Lines.line(messages, draft, Lines.check("refusal", "short", true), tools, null);
    }
    List<Object> pairs = new ArrayList<>();
    values.forEach(
        (key, value) -> {
          pairs.add(key);
          pairs.add(value);
        });
    Draft draft = Draft.of(draw.pick(kind.asked()), pairs.toArray());
    messages.add(draft.text());
    if (index % 10 == 2 || index % 10 == 5) {
      int result = draw.between(3, 980);
      pairs.add("r");
      pairs.add(result);
      ObjectNode call = messages.addObject().put("role", "assistant").put("content", "");
      call.putArray("tool_calls").addObject().put("name", name).set("arguments", Lines.MAPPER.valueToTree(values));
      String given = kind.result();
      for (int i = 0; i < pairs.size(); i += 2) {
        given = given.replace("{" + pairs.get(i) + "}", "" + pairs.get(i + 1));
      }
      messages.addObject().put("role", "tool").put("content", given);
      return Lines.line(messages, draft, Lines.says("" + result), tools, null);
    }
    ObjectNode check = Lines.check("tool_call", "name", name, "arguments", values);
    return Lines.line(messages, draft, check, tools, null);
  }

  private static String name(Draw draw, Kind kind) {
    List<String> names = new ArrayList<>();
    for (String verb : VERBS) {
      kind.nouns().forEach(noun -> names.add(verb + "_" + noun));
    }
    return draw.pick(names.stream().filter(Split::isHeldOutValue).toList());
  }

  private static ObjectNode schema(String name, Kind kind) {
    ObjectNode tool = Lines.MAPPER.createObjectNode().put("name", name).put("description", kind.purpose());
    ObjectNode parameters = tool.putObject("parameters").put("type", "object");
    ObjectNode properties = parameters.putObject("properties");
    for (int i = 0; i < kind.parameters().size(); i += 2) {
      properties.putObject(kind.parameters().get(i)).put("type", kind.parameters().get(i + 1));
    }
    return tool;
  }

  private static Map<String, Object> values(Draw draw, Kind kind) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < kind.parameters().size(); i += 2) {
      String name = kind.parameters().get(i);
      values.put(
          name,
          switch (name) {
            case "city" -> draw.pick(Pools.CITIES);
            case "item" -> draw.pick(Pools.GOODS);
            case "person" -> Pools.person(draw);
            case "name" -> Pools.surname(draw);
            case "code" -> Pools.code(draw);
            case "email" -> Pools.email(draw);
            case "room" -> draw.pick("kitchen", "cellar", "bathroom", "attic", "hall", "bedroom");
            case "text" -> draw.pick("the " + draw.pick(Pools.NOUNS) + " is ready", "I am late by " + draw.between(5, 50) + " minutes",
                "we meet in " + draw.pick(Pools.CITIES), "bring the " + draw.pick(Pools.GOODS));
            default -> draw.between(2, 60);
          });
    }
    return values;
  }
}
