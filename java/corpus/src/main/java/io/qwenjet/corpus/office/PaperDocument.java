// SPDX-License-Identifier: Apache-2.0
// Papers as bare text, sometimes with their data as JSON below.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Document;
import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Example;
import java.util.LinkedHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Documents of one kind of paper. */
public final class PaperDocument implements Document {
  private final String kind;
  private final List<String> rules;

  /**
   * Makes documents of a kind.
   *
   * @param kind the kind's name, such as "mail"; not null
   * @param rules the rules of the grammar of papers to draw from; not null
   */
  public PaperDocument(String kind, List<String> rules) {
    this.kind = kind;
    this.rules = List.copyOf(rules);
  }

  @Override
  public String kind() {
    return kind;
  }

  @Override
  public Example draw(Draw draw) {
    String rule = draw.pick(rules);
    Paper paper = Paper.draw(rule, draw);
    StringBuilder text = new StringBuilder(paper.text());
    List<String> copied = new ArrayList<>();
    for (PaperKind each : PaperKind.values()) {
      if (each.rule().equals(rule) && draw.chance(0.4)) {
        Map<String, String> members = new LinkedHashMap<>();
        for (Field field : each.fields()) {
          Paper.Value value = paper.value(field);
          if (value.text() != null && members.size() < 5 && draw.chance(0.8)) {
            members.put(field.name(), paper.isNumber(field) ? value.text() : Json.quoted(value.text()));
            if (value.copied()) {
              copied.add(value.text());
            }
          }
        }
        text.append("\n\n").append(Json.object(members));
      }
    }
    return Example.document(kind, text.toString(), copied);
  }
}
