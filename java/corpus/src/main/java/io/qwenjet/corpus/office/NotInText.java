// SPDX-License-Identifier: Apache-2.0
// Questions about a paper: half of them have their answer in it, the others ask for what it does not say.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Exchange;
import io.qwenjet.corpus.Family;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Request;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Answers from a text, or says that the text does not hold them. */
public final class NotInText implements Family {
  private static final Grammar GRAMMAR = Grammar.load("not_in_text");
  private static final Map<PaperKind, List<Field>> ASKED = asked();

  /** Makes the family. */
  public NotInText() {}

  @Override
  public String name() {
    return "not_in_text";
  }

  @Override
  public Exchange draw(Draw draw) {
    PaperKind kind = draw.pick(PaperKind.values());
    Paper paper = Paper.draw(kind.rule(), draw);
    if (draw.chance(0.06)) {
      return missing("never", paper, draw);
    }
    boolean there = draw.chance(0.5);
    List<Field> fields = new ArrayList<>(ASKED.get(kind));
    fields.removeIf(field -> (paper.value(field).text() != null) != there || isVague(kind, field, paper));
    if (fields.isEmpty()) {
      return missing("never", paper, draw);
    }
    Field field = draw.pick(fields);
    String rule = kind.rule() + "." + field.name();
    if (!there) {
      return missing(rule, paper, draw);
    }
    Paper.Value value = paper.value(field);
    Request request = ask(rule, paper, draw);
    String answer = GRAMMAR.expand(rule + ".a", draw, Map.of("v", value.text())).text();
    return Exchange.of("in_text", request, null, answer, value.copied() ? List.of(value.text()) : List.of());
  }

  private static Exchange missing(String rule, Paper paper, Draw draw) {
    Request request = ask(rule, paper, draw);
    String answer = GRAMMAR.expand("missing", draw, Map.of("no", GRAMMAR.phrase(rule + ".no", draw))).text();
    return Exchange.of("not_in_text", request, null, answer, List.of());
  }

  // The question is part of the skeleton, so it is drawn anew until the skeleton is one to use.
  private static Request ask(String rule, Paper paper, Draw draw) {
    return draw.until(
        () -> {
          String question = GRAMMAR.phrase(rule, draw);
          Request request =
              Request.about(
                  GRAMMAR,
                  "frame",
                  Map.of("question", question, "low_question", Character.toLowerCase(question.charAt(0)) + question.substring(1)),
                  paper.text(),
                  draw);
          return new Request(request.text(), request.skeleton().replace("{question}", question).replace("{low_question}", question), request.noisy());
        },
        request -> draw.split().takesSkeleton(request.skeleton()));
  }

  // A price each is near enough to a total to be no fair question, and so are other pairs.
  private static boolean isVague(PaperKind kind, Field field, Paper paper) {
    boolean absent = paper.value(field).text() == null;
    return switch (field.name()) {
      case "total", "cost", "amount" -> absent && (paper.holds("price") || paper.holds("net"));
      case "company", "shop" -> absent && paper.holds("person") && kind == PaperKind.JOB;
      case "name", "customer" -> absent && (paper.holds("other") || paper.holds("company"));
      case "date", "due_date" -> absent && (paper.holds("date") || paper.holds("date2") || paper.holds("soon"));
      case "city" -> absent && paper.holds("street");
      case "time" -> absent && paper.holds("time2");
      default -> false;
    };
  }

  private static Map<PaperKind, List<Field>> asked() {
    Map<PaperKind, List<Field>> asked = new EnumMap<>(PaperKind.class);
    for (PaperKind kind : PaperKind.values()) {
      List<Field> fields = new ArrayList<>(kind.fields());
      fields.removeIf(field -> !GRAMMAR.has(kind.rule() + "." + field.name()));
      asked.put(kind, List.copyOf(fields));
    }
    return asked;
  }
}
