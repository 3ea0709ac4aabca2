// SPDX-License-Identifier: Apache-2.0
// A JSON object field by field. The whole is right when every field is and no other is there; each
// field also counts by itself, by the kind of its value, which shows what a model cannot copy.
package io.qwenjet.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.corpus.Names;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes an answer that is this JSON, with a code fence or without.
 *
 * @param expected the right object or array; not null
 */
record JsonCheck(JsonNode expected) implements Check {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final Pattern FENCE =
      Pattern.compile("\\s*```(?:json)?\\s*(.*?)\\s*```\\s*", Pattern.DOTALL);
  private static final Set<String> NAMES = Set.of("code", "accented name", "name", "words");
  private static final int MAX_NAME_WORDS = 3;
  private static final Pattern DATE = Pattern.compile("\\d{4}-\\d\\d-\\d\\d");

  @Override
  public Verdict judge(Answer answer) {
    Matcher fence = FENCE.matcher(answer.text());
    JsonNode given = parse(fence.matches() ? fence.group(1) : answer.text());
    if (given == null) {
      List<Verdict.Field> fields = new ArrayList<>();
      compare(expected, MAPPER.missingNode(), fields);
      return new Verdict(
          false, "expected one JSON value, got " + Normal.shown(answer.text()), fields);
    }
    return judge(given);
  }

  /** Judges a value that is parsed already. */
  Verdict judge(JsonNode given) {
    List<Verdict.Field> fields = new ArrayList<>();
    boolean same = compare(expected, given, fields);
    String reason = same ? null : "expected " + expected + ", got " + Normal.shown(given.toString());
    return new Verdict(same, reason, fields);
  }

  /** Returns the value, or null when the text is no JSON. */
  static JsonNode parse(String text) {
    try {
      JsonNode node = MAPPER.readTree(text);
      return node == null || node.isMissingNode() ? null : node;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private static boolean compare(JsonNode expected, JsonNode given, List<Verdict.Field> fields) {
    boolean same;
    if (expected.isObject()) {
      same = given.isObject() && given.size() == expected.size();
      for (Iterator<Map.Entry<String, JsonNode>> each = expected.fields(); each.hasNext(); ) {
        Map.Entry<String, JsonNode> field = each.next();
        same &= compare(field.getValue(), given.path(field.getKey()), fields);
      }
      return same;
    }
    if (expected.isArray()) {
      same = given.isArray() && given.size() == expected.size();
      for (int i = 0; i < expected.size(); i++) {
        same &= compare(expected.get(i), given.path(i), fields);
      }
      return same;
    }
    same = isSame(expected, given);
    String kind = kind(expected);
    fields.add(new Verdict.Field(kind, origin(kind, expected.asText()), same));
    return same;
  }

  /** 3, 3.0 and "3" are the same; texts are the same up to spaces, with their letter case. */
  private static boolean isSame(JsonNode expected, JsonNode given) {
    if (!given.isValueNode() || expected.isNull() || given.isNull()) {
      return expected.isNull() && given.isNull();
    }
    String right = Normal.spaces(expected.asText());
    String text = Normal.spaces(given.asText());
    if (right.equals(text)) {
      return true;
    }
    try {
      return new BigDecimal(right).compareTo(new BigDecimal(text)) == 0;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Null for what is no name; a sentence is none, whatever names are in it. */
  private static String origin(String kind, String text) {
    return NAMES.contains(kind) && text.split(" ").length <= MAX_NAME_WORDS ? Names.kindOf(text) : null;
  }

  /** The kind of a value, as the report groups fields. */
  static String kind(JsonNode value) {
    if (value.isNumber()) {
      return "number";
    }
    if (!value.isTextual()) {
      return value.isBoolean() ? "boolean" : "null";
    }
    String text = value.textValue();
    if (DATE.matcher(text).matches()) {
      return "date";
    }
    if (text.contains("@")) {
      return "email";
    }
    boolean hasDigit = text.chars().anyMatch(Character::isDigit);
    boolean hasLetter = text.chars().anyMatch(Character::isLetter);
    if (hasDigit) {
      return hasLetter ? "code" : "number";
    }
    if (text.chars().anyMatch(c -> c > 127 && Character.isLetter(c))) {
      return "accented name";
    }
    return text.chars().anyMatch(Character::isUpperCase) ? "name" : "words";
  }
}
