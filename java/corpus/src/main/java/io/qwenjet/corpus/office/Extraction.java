// SPDX-License-Identifier: Apache-2.0
// Papers to JSON with the keys that the request wants, lists of things, single values, and short
// drills that are nothing but copying.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Exchange;
import io.qwenjet.corpus.Family;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Names;
import io.qwenjet.corpus.Request;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Values copied out of a text. */
public final class Extraction implements Family {
  private static final double PRESENT = 0.85;
  // Keys that are no nouns: "the begins" is not asked for.
  private static final List<String> VERBAL =
      List.of(
          "when", "where", "begins", "ends", "starts_on", "bought", "ordered_by", "bought_on", "paid_by", "works_for", "lives_in", "joined",
          "call", "issued", "billed_on", "payable_by", "pay_until", "to_pay", "what", "paid", "bill_to", "ship_to", "done_on", "report_to",
          "booked_by", "reported_by", "how_many", "signed_on", "call", "years", "from");
  private static final List<PaperKind> KINDS = weighted();

  /** Makes the family. */
  public Extraction() {}

  @Override
  public String name() {
    return "extraction";
  }

  @Override
  public Exchange draw(Draw draw) {
    int ticket = draw.below(100);
    if (ticket < 62) {
      return record(draw);
    }
    if (ticket < 72) {
      return several(draw);
    }
    if (ticket < 82) {
      return value(draw);
    }
    return Drills.draw(draw);
  }

  static PaperKind kind(Draw draw) {
    return draw.pick(KINDS);
  }

  private static Grammar grammar() {
    return Grammar.load("extraction");
  }

  private static Exchange record(Draw draw) {
    PaperKind kind = kind(draw);
    Paper paper = Paper.draw(kind.rule(), draw);
    boolean general = draw.chance(0.07);
    List<Field> fields =
        general
            ? kind.standard().stream().map(kind::field).collect(Collectors.toList())
            : fields(kind, paper, draw);
    List<String> keys = general ? kind.standard() : Keys.draw(fields, draw);
    List<Boolean> numbers = fields.stream().map(paper::isNumber).collect(Collectors.toList());
    Map<String, String> values = new LinkedHashMap<>();
    values.put("doc", draw.pick(kind.words()));
    String rule = "general";
    if (!general) {
      int form = draw.below(20);
      if (form < 13) {
        rule = "keyed";
        values.put("keys", Keys.listed(keys, draw));
      } else if (form < 16) {
        rule = "schema";
        values.put("schema", Keys.schema(keys, numbers, draw));
      } else if (form < 18) {
        rule = "lines";
        values.put("lines", Keys.lines(keys, draw));
      } else {
        rule = "mapped";
        keys = ownKeys(fields, draw);
        List<String> meanings = fields.stream().map(field -> Keys.styled(field.name(), 80)).collect(Collectors.toList());
        values.put("mapping", Keys.mapping(keys, meanings, draw));
      }
    }
    Request request = Request.about(grammar(), rule, values, paper.text(), draw);
    Map<String, String> members = new LinkedHashMap<>();
    List<String> copied = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Paper.Value value = paper.value(fields.get(i));
      if (value.copied()) {
        copied.add(value.text());
      }
      members.put(keys.get(i), value.text() == null ? "null" : numbers.get(i) ? value.text() : Json.quoted(value.text()));
    }
    return Exchange.of(kind.rule() + "_to_json", request, null, Json.object(members), copied);
  }

  private static List<String> ownKeys(List<Field> fields, Draw draw) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < fields.size(); i++) {
      keys.add(
          draw.until(
              () -> draw.chance(0.5) ? draw.pick("a", "b", "c", "x", "y", "z", "k1", "k2", "k3", "A1", "f1", "f2") : Names.item(draw).split(" ")[0],
              key -> !keys.contains(key)));
    }
    return keys;
  }

  // One to six fields; most of them in the text, in any order, never none of them.
  private static List<Field> fields(PaperKind kind, Paper paper, Draw draw) {
    List<Field> present = new ArrayList<>();
    List<Field> absent = new ArrayList<>();
    for (Field field : kind.fields()) {
      (paper.value(field).text() != null ? present : absent).add(field);
    }
    int count = draw.pick(1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6);
    List<Field> chosen = new ArrayList<>();
    List<Field> mixedPresent = draw.shuffled(present);
    List<Field> mixedAbsent = draw.shuffled(absent);
    for (int i = 0, p = 0, a = 0; i < count; i++) {
      boolean take = p == 0 || draw.chance(PRESENT);
      if (take && p < mixedPresent.size()) {
        chosen.add(mixedPresent.get(p++));
      } else if (a < mixedAbsent.size() && (a == 0 || !take)) {
        chosen.add(mixedAbsent.get(a++));
      }
    }
    // Usual order half of the time: people name the customer before the goods.
    if (draw.chance(0.5)) {
      return kind.fields().stream().filter(chosen::contains).collect(Collectors.toList());
    }
    return draw.shuffled(chosen);
  }

  private static Exchange several(Draw draw) {
    Paper paper = Paper.drawMany(draw);
    List<Lot> lots = paper.lots();
    List<String> copied = new ArrayList<>();
    List<String> entries = new ArrayList<>();
    Map<String, String> values = new LinkedHashMap<>();
    boolean objects = draw.chance(0.55);
    String item = draw.pick("item", "product", "article", "name", "thing", "goods");
    String quantity = draw.pick("quantity", "qty", "amount", "count", "number", "pieces");
    boolean itemFirst = draw.chance(0.7);
    values.put("key1", itemFirst ? item : quantity);
    values.put("key2", itemFirst ? quantity : item);
    values.put("shape", "[{\"" + values.get("key1") + "\": ..., \"" + values.get("key2") + "\": ...}, ...]");
    for (Lot lot : lots) {
      copied.add(lot.item());
      if (!objects) {
        entries.add(Json.quoted(lot.item()));
        continue;
      }
      if (lot.inDigits()) {
        copied.add(lot.quantity());
      }
      Map<String, String> entry = new LinkedHashMap<>();
      if (itemFirst) {
        entry.put(item, Json.quoted(lot.item()));
      }
      entry.put(quantity, lot.quantity());
      entry.put(item, Json.quoted(lot.item()));
      entries.add(Json.object(entry));
    }
    Request request = Request.about(grammar(), objects ? "list_objects" : "list_names", values, paper.text(), draw);
    return Exchange.of("items_to_json", request, null, Json.array(entries), copied);
  }

  private static Exchange value(Draw draw) {
    PaperKind kind = kind(draw);
    Paper paper = draw.until(() -> Paper.draw(kind.rule(), draw), made -> kind.fields().stream().anyMatch(f -> made.value(f).text() != null));
    Field field = draw.until(() -> draw.pick(kind.fields()), f -> paper.value(f).text() != null);
    Paper.Value value = paper.value(field);
    Map<String, String> values = new LinkedHashMap<>();
    values.put("doc", draw.pick(kind.words()));
    values.put("field", Keys.styled(draw.chance(0.6) ? field.name() : spoken(field, draw), 80));
    Request request = Request.about(grammar(), "value", values, paper.text(), draw);
    return Exchange.of("one_value", request, null, value.text(), value.copied() ? List.of(value.text()) : List.of());
  }

  private static String spoken(Field field, Draw draw) {
    String key = draw.pick(field.keys());
    return key.length() > 3 && !VERBAL.contains(key) ? key : field.name();
  }

  private static List<PaperKind> weighted() {
    List<PaperKind> tickets = new ArrayList<>();
    for (PaperKind kind : PaperKind.values()) {
      for (int i = 0; i < kind.weight(); i++) {
        tickets.add(kind);
      }
    }
    return List.copyOf(tickets);
  }
}
