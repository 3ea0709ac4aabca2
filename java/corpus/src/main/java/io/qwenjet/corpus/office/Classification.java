// SPDX-License-Identifier: Apache-2.0
// Messages of customers with a label of the house, of the request, or of another kind (urgent or not,
// positive or not), and a reply that repeats what the message names.
package io.qwenjet.corpus.office;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Exchange;
import io.qwenjet.corpus.Family;
import io.qwenjet.corpus.Grammar;
import io.qwenjet.corpus.Noise;
import io.qwenjet.corpus.Request;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A label and a reply for a customer's message. */
public final class Classification implements Family {
  private static final List<String> HOUSE =
      List.of("billing", "shipping", "returns", "technical", "account", "praise", "other");
  private static final Map<String, List<String>> OTHER_WORDS =
      Map.of(
          "billing", List.of("payment", "payments", "invoice", "finance", "money", "billing question"),
          "shipping", List.of("delivery", "logistics", "transport", "parcel", "shipment"),
          "returns", List.of("refund", "return", "exchange", "return or refund", "refunds"),
          "technical", List.of("tech", "technical problem", "support", "defect", "tech support"),
          "account", List.of("login", "user account", "profile", "access"),
          "praise", List.of("compliment", "thanks", "positive feedback", "kudos"),
          "other", List.of("general", "misc", "something else", "general question", "none of these"));

  /** A way to label: what the labels are called, and which rule writes messages and replies of each. */
  private record Scheme(List<String> labels, List<String> rules, List<String> replies) {}

  private static final List<Scheme> SCHEMES =
      List.of(
          new Scheme(List.of("positive", "negative", "neutral"), List.of("praise", "complaint", "fact"), List.of("praise", "complaint", "neutral")),
          new Scheme(List.of("positive", "negative"), List.of("praise", "complaint"), List.of("praise", "complaint")),
          new Scheme(List.of("happy", "angry"), List.of("praise", "complaint"), List.of("praise", "complaint")),
          new Scheme(List.of("complaint", "question", "praise"), List.of("complaint", "question", "praise"), List.of("complaint", "other", "praise")),
          new Scheme(List.of("question", "complaint", "information"), List.of("question", "complaint", "fact"), List.of("other", "complaint", "neutral")),
          new Scheme(List.of("good", "bad"), List.of("praise", "complaint"), List.of("praise", "complaint")));

  /** Makes the family. */
  public Classification() {}

  @Override
  public String name() {
    return "classification";
  }

  @Override
  public Exchange draw(Draw draw) {
    int ticket = draw.below(100);
    if (ticket < 10) {
      return urgency(draw);
    }
    if (ticket < 28) {
      return scheme(draw);
    }
    return house(draw);
  }

  private static Exchange house(Draw draw) {
    String label = draw.pick(HOUSE);
    Message message = Message.draw(label, "", draw);
    if (draw.chance(0.6)) {
      String task = draw.chance(0.9) ? "task" : "task_only_plain";
      return exchange("house_labels", task, label, List.of(), message, label, draw);
    }
    List<String> others = new ArrayList<>(HOUSE);
    others.remove(label);
    List<String> labels = new ArrayList<>(draw.some(others, draw.between(1, 5)));
    labels.add(label);
    boolean renamed = draw.chance(0.5);
    String[] chosen = {label};
    List<String> shown = new ArrayList<>();
    for (String each : draw.shuffled(labels)) {
      String word = renamed && draw.chance(0.7) ? draw.pick(OTHER_WORDS.get(each)) : each;
      shown.add(word);
      if (each.equals(label)) {
        chosen[0] = word;
      }
    }
    return exchange("given_labels", listed(draw), chosen[0], shown, message, label, draw);
  }

  private static Exchange scheme(Draw draw) {
    Scheme scheme = draw.pick(SCHEMES);
    int at = draw.below(scheme.labels().size());
    Message message = Message.draw(scheme.rules().get(at), "", draw);
    return exchange("mood_labels", listed(draw), scheme.labels().get(at), draw.shuffled(scheme.labels()), message, scheme.replies().get(at), draw);
  }

  private static Exchange urgency(Draw draw) {
    boolean urgent = draw.chance(0.5);
    String label = draw.pick(HOUSE.subList(0, 5));
    Message message = Message.draw(label, urgent ? "urgent_tail" : draw.chance(0.7) ? "calm_tail" : "", draw);
    List<String> labels = draw.pick(List.of("urgent", "normal"), List.of("urgent", "not urgent"), List.of("high", "low"), List.of("emergency", "routine"));
    return exchange("urgency", listed(draw), labels.get(urgent ? 0 : 1), draw.shuffled(labels), message, label, draw);
  }

  private static String listed(Draw draw) {
    return draw.chance(0.82) ? "task_listed" : "task_only";
  }

  private static Exchange exchange(
      String intent, String task, String label, List<String> labels, Message message, String reply, Draw draw) {
    Map<String, String> values = new LinkedHashMap<>();
    if (!labels.isEmpty()) {
      String style = draw.pick(", ", ", ", ", ", " / ", " | ");
      values.put("labels", String.join(style, labels));
      values.put("or_labels", String.join(", ", labels.subList(0, labels.size() - 1)) + " or " + labels.get(labels.size() - 1));
    }
    Request request = Request.about(grammar(), task, values, message.text(), draw);
    String answer = "Category: " + label;
    if (task.startsWith("task_only")) {
      return Exchange.of(intent, request, null, answer, List.of());
    }
    String text = grammar().expand("reply_" + reply, draw, Map.of("about", message.about())).text();
    return Exchange.of(intent, request, null, answer + "\nReply: " + text, message.copied());
  }

  private static Grammar grammar() {
    return Grammar.load("classification");
  }

  /** A message, and how a reply names what it is about. */
  private record Message(String text, String about, List<String> copied) {
    static Message draw(String label, String tail, Draw draw) {
      Facts facts = Facts.draw(draw);
      Grammar.Expansion core =
          draw.until(() -> grammar().expand(label, draw, facts.values()), each -> draw.split().takesSkeleton(each.skeleton()));
      facts.values().put("core", core.text());
      Grammar.Expansion made = grammar().expand("message", draw, facts.values());
      String skeleton = core.skeleton();
      String text = made.text() + (tail.isEmpty() ? "" : " " + grammar().phrase(tail, draw));
      List<String> kept = new ArrayList<>();
      facts.values().forEach((name, value) -> {
        if (!name.equals("core") && core.skeleton().contains("{" + name + "}") || !name.equals("core") && made.skeleton().contains("{" + name + "}")) {
          kept.add(value);
        }
      });
      text = draw.chance(0.2) ? Noise.apply(text, kept, draw) : text;
      for (String name : List.of("item", "items")) {
        boolean named = skeleton.contains("{" + name + "}") || name.equals("item") && skeleton.contains("{an_item}");
        if (named) {
          return new Message(text, "the " + facts.values().get(name), List.of(facts.values().get(name)));
        }
      }
      for (String name : List.of("code", "email", "company", "street", "city", "other", "person")) {
        if (skeleton.contains("{" + name + "}")) {
          String value = facts.values().get(name);
          return new Message(text, value, List.of(value));
        }
      }
      return new Message(text, "this", List.of());
    }
  }
}
