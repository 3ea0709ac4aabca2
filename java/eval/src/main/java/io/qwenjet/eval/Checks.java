// SPDX-License-Identifier: Apache-2.0
// Reads checks from JSON. Every kind, as an item writes it:
//   {"kind":"exact","answers":["Paris"]}            {"kind":"number","answer":132,"first":true?}
//   {"kind":"list","items":["3","7"]}               {"kind":"json","fields":{"name":"Okafor"}}
//   {"kind":"code","answers":["return a;"],"python":true?}
//   {"kind":"contains","all":[],"any":[],"none":[],"min_words":20}
//   {"kind":"choice","answer":"billing","labels":["billing","shipping"] or "weekdays" or "months",
//    "last":true?}
//   {"kind":"tool_call","name":"get_time","arguments":{"city":"Graz"}}
//   {"kind":"refusal","short":true?}                {"kind":"not_in_text","none":["Monday"]}
//   {"kind":"any","of":[CHECK,...]}                 {"kind":"all","of":[CHECK,...]}
// "answer" is short for "answers" with one entry.
package io.qwenjet.eval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Reads checks. */
final class Checks {
  private static final List<String> STANDARD_LABELS =
      List.of("billing", "shipping", "returns", "technical", "account", "praise", "other");

  private static final Map<String, List<String>> LABEL_SETS =
      Map.of(
          "weekdays",
          List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
          "months",
          List.of(
              "January", "February", "March", "April", "May", "June", "July", "August",
              "September", "October", "November", "December"));

  private Checks() {}

  /**
   * Returns the check that a JSON object describes.
   *
   * @param node the object; not null
   * @return the check
   * @throws EvaluationException if it describes none, naming what was expected and what came
   */
  static Check parse(JsonNode node) {
    if (!node.isObject()) {
      throw new EvaluationException("expected a check as a JSON object, got " + node);
    }
    String kind = text(node, "kind");
    switch (kind) {
      case "exact":
        only(node, "answer", "answers");
        return new ExactCheck(answers(node));
      case "number":
        only(node, "answer", "first");
        if (!node.path("answer").isNumber()) {
          throw new EvaluationException(
              "number: expected a number as \"answer\", got " + node.path("answer"));
        }
        return new NumberCheck(node.get("answer").decimalValue(), flag(node, "first"));
      case "list":
        only(node, "items");
        return new ListCheck(required(node, "items"));
      case "json":
        only(node, "fields");
        if (!node.path("fields").isContainerNode() || node.get("fields").isEmpty()) {
          throw new EvaluationException(
              "json: expected an object with fields as \"fields\", got " + node.path("fields"));
        }
        return new JsonCheck(node.get("fields"));
      case "code":
        only(node, "answer", "answers", "python");
        return new CodeCheck(answers(node), flag(node, "python"));
      case "contains":
        only(node, "all", "any", "none", "min_words");
        return contains(node);
      case "choice":
        only(node, "answer", "labels", "last");
        return choice(node);
      case "tool_call":
        only(node, "name", "arguments");
        if (!node.path("arguments").isObject()) {
          throw new EvaluationException(
              "tool_call: expected an object as \"arguments\", got " + node.path("arguments"));
        }
        return new ToolCallCheck(text(node, "name"), node.get("arguments"));
      case "refusal":
        only(node, "short");
        return new RefusalCheck(!flag(node, "short"));
      case "not_in_text":
        only(node, "none");
        return new NotInTextCheck(texts(node, "none"));
      case "any":
        only(node, "of");
        return new AnyCheck(nested(node));
      case "all":
        only(node, "of");
        return new AllCheck(nested(node));
      default:
        throw new EvaluationException(
            "expected exact, number, list, json, code, contains, choice, tool_call, refusal,"
                + " not_in_text, any or all as \"kind\" of a check, got \""
                + kind
                + "\"");
    }
  }

  private static Check contains(JsonNode node) {
    List<String> all = texts(node, "all");
    List<String> any = texts(node, "any");
    List<String> none = texts(node, "none");
    if (all.isEmpty() && any.isEmpty() && none.isEmpty() && !node.has("min_words")) {
      throw new EvaluationException(
          "contains: expected at least one of \"all\", \"any\", \"none\", \"min_words\", got none");
    }
    return new ContainsCheck(all, any, none, node.path("min_words").asInt(0));
  }

  private static Check choice(JsonNode node) {
    String label = text(node, "answer");
    List<String> labels = labels(node);
    if (!labels.contains(label)) {
      throw new EvaluationException(
          "choice: expected one of the labels " + labels + " as \"answer\", got \"" + label + "\"");
    }
    return new ChoiceCheck(label, labels, flag(node, "last"));
  }

  private static List<String> labels(JsonNode node) {
    if (!node.path("labels").isTextual()) {
      return node.has("labels") ? required(node, "labels") : STANDARD_LABELS;
    }
    List<String> labels = LABEL_SETS.get(node.get("labels").textValue());
    if (labels == null) {
      throw new EvaluationException(
          "choice: expected a list or one of "
              + LABEL_SETS.keySet()
              + " as \"labels\", got "
              + node.get("labels"));
    }
    return labels;
  }

  private static List<Check> nested(JsonNode node) {
    if (!node.path("of").isArray() || node.get("of").isEmpty()) {
      throw new EvaluationException(
          "expected a list of checks as \"of\", got " + node.path("of"));
    }
    List<Check> checks = new ArrayList<>();
    node.get("of").forEach(each -> checks.add(parse(each)));
    return List.copyOf(checks);
  }

  private static List<String> answers(JsonNode node) {
    return node.has("answer") ? List.of(text(node, "answer")) : required(node, "answers");
  }

  private static List<String> required(JsonNode node, String key) {
    List<String> found = texts(node, key);
    if (found.isEmpty()) {
      throw new EvaluationException(
          node.path("kind").asText() + ": expected texts as \"" + key + "\", got none");
    }
    return found;
  }

  private static List<String> texts(JsonNode node, String key) {
    List<String> found = new ArrayList<>();
    JsonNode list = node.path(key);
    if (!list.isArray() && !list.isMissingNode()) {
      throw new EvaluationException(
          node.path("kind").asText() + ": expected a list as \"" + key + "\", got " + list);
    }
    for (JsonNode each : list) {
      if (!each.isValueNode() || each.asText().isEmpty()) {
        throw new EvaluationException(
            node.path("kind").asText() + ": expected texts as \"" + key + "\", got " + each);
      }
      found.add(each.asText());
    }
    return List.copyOf(found);
  }

  private static String text(JsonNode node, String key) {
    if (!node.path(key).isValueNode() || node.get(key).asText().isEmpty()) {
      throw new EvaluationException(
          "expected a text as \"" + key + "\" of a check, got " + node.path(key));
    }
    return node.get(key).asText();
  }

  private static boolean flag(JsonNode node, String key) {
    JsonNode flag = node.path(key);
    if (!flag.isMissingNode() && !flag.isBoolean()) {
      throw new EvaluationException(
          "expected true or false as \"" + key + "\" of a check, got " + flag);
    }
    return flag.asBoolean();
  }

  /** A key that nobody reads is a mistake that would make a check weaker than it looks. */
  private static void only(JsonNode node, String... keys) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!name.equals("kind") && !Arrays.asList(keys).contains(name)) {
        throw new EvaluationException(
            node.get("kind").asText()
                + ": expected only "
                + String.join(", ", keys)
                + " beside \"kind\", got \""
                + name
                + "\"");
      }
    }
  }
}
