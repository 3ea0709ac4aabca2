// SPDX-License-Identifier: Apache-2.0
// Order mails, invoices, receipts and clauses to JSON; and questions about such texts, half of which
// the text does not answer.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.corpus.Draw;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

final class ExtractionItems {
  /** A value of a text: the keys that may be asked for it. */
  private static final Map<String, List<String>> KEYS =
      Map.ofEntries(
          Map.entry("person", List.of("customer", "name", "buyer", "contact")),
          Map.entry("item", List.of("item", "product", "article")),
          Map.entry("count", List.of("quantity", "amount", "qty", "count")),
          Map.entry("price", List.of("price", "total", "sum")),
          Map.entry("code", List.of("order_number", "reference", "order_id", "number")),
          Map.entry("date", List.of("date", "day")),
          Map.entry("city", List.of("city", "place", "town")),
          Map.entry("company", List.of("company", "supplier", "vendor", "seller")),
          Map.entry("email", List.of("email", "mail")));

  private static final List<String> TEXTS =
      List.of(
          "Hello team, could you ship {count} {item} to {city} for me? The reference is {code}. Best, {person}",
          "{person} here. I'd like {count} {item} under order {code}, to be paid in {city}. My mail is {email}.",
          "Bill {code} of {date}. {company} charges {person} for {count} {item}, {price} euros in all.",
          "RECEIPT\n{company}, {city}\n{count} x {item}\nTO PAY {price}\n{date}",
          "Clause 4. {company} delivers the {item} to {person} in {city} no later than {date} for {price} dollars.",
          "Got a call from {person} ({email}) on {date}: wants {count} more {item}.",
          "{company} invoice\nFor: {person}\nRef {code}\n{item}: {count}\nAmount due: {price}",
          "Dear {company}, the {item} from order {code} never reached {city}. I paid {price} on {date}. {person}",
          "This contract of {date} is between {company} and {person}, who rents a {item} for {price} a month.",
          "Note for {city}: {person} picks up {count} {item}, code {code}, bill {price}.");

  private static final List<String> ASKED =
      List.of(
          "I need JSON with {keys} from what follows.\n{text}",
          "{text}\n---\nMake a JSON object of it. Keys: {keys}",
          "Read this and fill in {keys} as one JSON object:\n\n{text}",
          "\"{text}\"\nJSON with the keys {keys}, nothing else please",
          "Turn the message below to JSON, fields {keys}.\n\n{text}",
          "{text}\n\nWhat are {keys}? Answer in JSON.",
          "please pull {keys} out of this text, as JSON: {text}");

  private static final Map<String, List<String>> QUESTIONS =
      Map.ofEntries(
          Map.entry("person", List.of("What is the name of the person in it?", "Which person is named there?")),
          Map.entry("item", List.of("Which product is this about?", "What thing is being bought or sold?")),
          Map.entry("count", List.of("How many pieces are meant?", "What quantity is given?")),
          Map.entry("price", List.of("How much money is it?", "What does it cost?")),
          Map.entry("code", List.of("What's the order code?", "Which reference number is given?")),
          Map.entry("date", List.of("On what date was that?", "Which date do they give?")),
          Map.entry("city", List.of("Which town is it about?", "What city do they mention?")),
          Map.entry("company", List.of("Which company is involved?", "What's the name of the firm?")),
          Map.entry("email", List.of("What e-mail address is in there?", "Where can I send a mail to?")),
          Map.entry("phone", List.of("What phone number should I call?", "Give me the telephone number.")),
          Map.entry("colour", List.of("What colour do they want?", "Which colour was picked?")),
          Map.entry("weight", List.of("How heavy is the parcel?", "What is the weight?")),
          Map.entry("hours", List.of("When does the office open?", "Until what hour can I come?")),
          Map.entry("age", List.of("How old is the customer?", "What's the age of that person?")),
          Map.entry("street", List.of("Which street do they live in?", "What is the street name?")));
  private static final List<String> ASKING =
      List.of(
          "{text}\n\n{question}", "Look at this: \"{text}\" {question}", "{question}\n\n{text}",
          "Here's a note.\n{text}\n\n{question} Go by the note only.",
          "{question} It must be somewhere in here:\n{text}", "I got this message: {text}\n{question}");
  private static final List<String> ABSENT =
      List.of("phone", "colour", "weight", "hours", "age", "street");

  private static final Pattern COLOURED =
      Pattern.compile("\\b(red|blue|green|black|white|grey|brown|silver|golden)\\b");

  private ExtractionItems() {}

  static MadeItem make(Draw draw, int index) {
    String template = TEXTS.get(index % TEXTS.size());
    Map<String, String> values = values(draw, template.contains("{count}"));
    List<String> present = present(template);
    List<String> asked = new ArrayList<>(draw.some(present, draw.between(2, Math.min(5, present.size()))));
    if (draw.chance(0.2)) {
      List<String> missing = KEYS.keySet().stream().filter(key -> !present.contains(key)).sorted().toList();
      asked.set(draw.below(asked.size()), draw.pick(missing));
    }
    ObjectNode fields = Lines.MAPPER.createObjectNode();
    List<String> keys = new ArrayList<>();
    for (String each : asked) {
      String key = draw.pick(KEYS.get(each));
      if (fields.has(key)) {
        continue;
      }
      keys.add(key);
      if (!present.contains(each)) {
        fields.putNull(key);
      } else if (each.equals("count") || each.equals("price")) {
        fields.put(key, new BigDecimal(values.get(each)));
      } else {
        fields.put(key, values.get(each));
      }
    }
    String list =
        draw.chance(0.5) && keys.size() > 1
            ? String.join(", ", keys.subList(0, keys.size() - 1)) + " and " + keys.get(keys.size() - 1)
            : String.join(", ", keys);
    Draft text = fill(template, values);
    Draft draft = Draft.of(draw.pick(ASKED), "keys", list, "text", "{text}");
    return Lines.item(draw, draft(draft, text), Lines.check("json", "fields", fields), null, index % 5 == 4);
  }

  static MadeItem question(Draw draw, int index) {
    String template = TEXTS.get(index % TEXTS.size());
    Map<String, String> values = values(draw, template.contains("{count}"));
    List<String> present = present(template);
    Draft text = fill(template, values);
    if (index % 5 < 2) {
      String about = draw.pick(present);
      Draft draft = ask(draw, text, about);
      return Lines.plain(draw, draft, Lines.says(values.get(about)));
    }
    List<String> absent = new ArrayList<>(ABSENT);
    // A firm is named after a person and a thing may be named by its colour: such questions are unfair.
    KEYS.keySet().stream()
        .filter(key -> !present.contains(key) && !key.equals("person"))
        .sorted()
        .forEach(absent::add);
    if (COLOURED.matcher(text.text()).find()) {
      absent.remove("colour");
    }
    ObjectNode check = Lines.check("not_in_text");
    String about = draw.pick(absent);
    return Lines.plain(draw, ask(draw, text, about), check);
  }

  private static Draft ask(Draw draw, Draft text, String about) {
    Draft draft = Draft.of(draw.pick(ASKING).replace("{question}", draw.pick(QUESTIONS.get(about))), "text", "{text}");
    return draft(draft, text);
  }

  /** Puts a text into a request; the skeleton keeps its own place for it. */
  private static Draft draft(Draft request, Draft text) {
    return new Draft(
        request.text().replace("{text}", text.text()), request.skeleton().replace("{text}", "#"));
  }

  private static Draft fill(String template, Map<String, String> values) {
    List<Object> pairs = new ArrayList<>();
    values.forEach(
        (key, value) -> {
          pairs.add(key);
          pairs.add(value);
        });
    return Draft.of(template, pairs.toArray());
  }

  private static List<String> present(String template) {
    return KEYS.keySet().stream().filter(key -> template.contains("{" + key + "}")).sorted().toList();
  }

  private static Map<String, String> values(Draw draw, boolean several) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("person", Pools.person(draw));
    String item = draw.pick(Pools.GOODS);
    values.put("item", several ? SumItems.plural(item) : item);
    values.put("count", "" + draw.between(2, 60));
    values.put("price", draw.between(3, 900) + (draw.chance(0.7) ? "." + draw.between(11, 99) : ""));
    values.put("code", Pools.code(draw));
    values.put("date", draw.pick("%d May %d", "%d March %d", "%d October %d", "%d July %d")
        .formatted(draw.between(1, 28), draw.between(2019, 2031)));
    values.put("city", draw.pick(Pools.CITIES));
    values.put("company", Pools.company(draw));
    values.put("email", Pools.email(draw));
    return values;
  }
}
