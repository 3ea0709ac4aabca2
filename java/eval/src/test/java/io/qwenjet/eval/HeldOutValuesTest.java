// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.qwenjet.corpus.Split;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The committed files against the hash that the training generator obeys: it takes no held-out value, so an
 * item whose values are held out cannot be in its text, whatever the wording. Keys are those of
 * java/corpus/CONVENTIONS.md.
 */
class HeldOutValuesTest {
  /** What tools do to a device stands in a closed list of rooms, and a message's text is a sentence. */
  private static final Set<String> NO_NAMES = Set.of("room", "text");

  private static final Set<String> PLURALS =
      Pools.GOODS.stream().map(SumItems::plural).collect(Collectors.toSet());
  private static final Set<String> LETTERS =
      Stream.of(Pools.FIRST_NAMES, Pools.SURNAMES)
          .flatMap(List::stream)
          .map(name -> name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", ""))
          .collect(Collectors.toSet());

  @ParameterizedTest
  @ValueSource(strings = {"arithmetic", "word_problems"})
  void operandPairsAreHeldOut(String family) {
    List<String> known = new ArrayList<>();
    for (Item item : ItemReader.frozen(family)) {
      List<BigDecimal> numbers = Normal.numbers(item.request());
      assertEquals(2, numbers.size(), item.request());
      int a = numbers.get(0).intValueExact();
      int b = numbers.get(1).intValueExact();
      int result = ((NumberCheck) item.check()).value().intValueExact();
      if (!isHeldOut(a, b, result) && !isHeldOut(b, a, result)) {
        known.add(item.name() + ": " + item.request());
      }
    }
    assertEquals(List.of(), known);
  }

  /** Some sum of these operands has this result and is held out. One digit by one digit cannot be. */
  private static boolean isHeldOut(int a, int b, int result) {
    return a + b == result && Split.isHeldOutValue(a + "+" + b)
        || a - b == result && Split.isHeldOutValue(a + "-" + b)
        || a * b == result && Split.isHeldOutValue(a + "x" + b)
        || b != 0 && a == b * result && (a < 10 || Split.isHeldOutValue(a + "/" + b));
  }

  @Test
  void numbersToSortAreHeldOut() {
    List<String> known = new ArrayList<>();
    int checked = 0;
    for (Item item : ItemReader.frozen("lists")) {
      List<BigDecimal> numbers = Normal.numbers(item.request());
      // Two are compared; which of two is larger is not held out.
      if (numbers.size() > 2) {
        checked++;
        String key = numbers.stream().map(BigDecimal::toPlainString).collect(Collectors.joining(","));
        if (!Split.isHeldOutValue(key)) {
          known.add(item.name() + ": " + item.request());
        }
      }
    }
    assertEquals(List.of(), known);
    assertTrue(checked >= 140, "checked " + checked);
  }

  @Test
  void toolNamesAreHeldOut() {
    Set<String> names = new HashSet<>();
    for (Item item : ItemReader.frozen("tool_calls")) {
      assertFalse(item.tools().isEmpty(), item.name());
      item.tools().forEach(tool -> names.add(tool.name()));
    }
    assertEquals(List.of(), names.stream().filter(name -> !Split.isHeldOutValue(name)).toList());
    assertTrue(names.size() >= 80, "different names: " + names.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"extraction", "tool_calls", "not_in_text", "follow_up", "stories"})
  void namesThingsAndCodesOfAnswersAreHeldOut(String family) {
    List<String> known = new ArrayList<>();
    int checked = 0;
    for (Item item : ItemReader.frozen(family)) {
      for (String value : values(item.check())) {
        checked++;
        if (!isHeldOut(value)) {
          known.add(item.name() + ": " + value);
        }
      }
    }
    assertEquals(List.of(), known);
    assertTrue(checked >= 60, "checked " + checked);
  }

  private static List<String> values(Check check) {
    List<String> values = new ArrayList<>();
    if (check instanceof ContainsCheck contains) {
      values.addAll(contains.all());
    } else if (check instanceof JsonCheck json) {
      add(json.expected(), values);
    } else if (check instanceof ToolCallCheck call) {
      add(call.arguments(), values);
    }
    // Numbers and dates are drawn anew each time and are no names.
    values.removeIf(value -> value.matches("[\\d.]+|\\d{1,2} \\p{Lu}\\p{Ll}+ \\d{4}"));
    return values;
  }

  private static void add(JsonNode object, List<String> values) {
    for (Iterator<Map.Entry<String, JsonNode>> each = object.fields(); each.hasNext(); ) {
      Map.Entry<String, JsonNode> field = each.next();
      if (field.getValue().isTextual() && !NO_NAMES.contains(field.getKey())) {
        values.add(field.getValue().textValue());
      }
    }
  }

  /** As a whole, as a person of two names, as the plural of a thing, as the address of a person. */
  private static boolean isHeldOut(String value) {
    return Split.isHeldOutValue(value)
        || Stream.of(value.split(" ")).allMatch(Split::isHeldOutValue)
        || PLURALS.contains(value)
        || value.contains("@")
            && LETTERS.containsAll(List.of(value.substring(0, value.indexOf('@')).split("\\.")));
  }
}
