// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.ToolCall;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of check: right answers in several wordings, wrong ones, descriptions that are none. */
class ChecksTest {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static Check check(String json) {
    try {
      return Checks.parse(MAPPER.readTree(json.replace('\'', '"')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void takes(Check check, String... answers) {
    for (String answer : answers) {
      Verdict verdict = check.judge(Answer.of(answer));
      assertTrue(verdict.correct(), answer + ": " + verdict.reason());
      assertNull(verdict.reason());
    }
  }

  private static void refuses(Check check, String... answers) {
    for (String answer : answers) {
      Verdict verdict = check.judge(Answer.of(answer));
      assertFalse(verdict.correct(), answer);
      assertTrue(verdict.reason().startsWith("expected "), verdict.reason());
    }
  }

  @Test
  void exactIsFreeInCaseSpacesQuotesAndEdgeMarks() {
    Check check = check("{'kind':'exact','answers':['Paris','The capital of France is Paris.']}");
    takes(check, "Paris", " paris.\n", "\"Paris\"", "**Paris**", "the capital of France  is Paris");
    refuses(check, "Paris, France", "London", "");
  }

  @Test
  void aNumberIsTheLastOneAndTheOthersRepeatTheRequest() {
    Check check = check("{'kind':'number','answer':1132}");
    takes(check, "1132", "It is 1,132.", "= 1132.0", "1132 apples");
    refuses(check, "1133", "1132 or 1133", "1133, no: 1132", "one", "");
    assertTrue(check.judge(new Answer("47 + 1085 = 1132", List.of(), "47+1085?")).correct());
    assertTrue(check.judge(new Answer("1085 plus 47 is 1132", List.of(), "47+1085?")).correct());
    assertFalse(check.judge(new Answer("1086 plus 47 is 1132", List.of(), "47+1085?")).correct());
    assertFalse(check.judge(new Answer("47 + 1085 = 1131", List.of(), "47+1085?")).correct());
    assertFalse(check.judge(new Answer("1132 = 47", List.of(), "47+1085?")).correct());
    takes(check("{'kind':'number','answer':12}"), "twelve", "There are twelve.");
    takes(check("{'kind':'number','answer':154}"), "one hundred and fifty-four");
    assertEquals(
        List.of(44, 4, 154, 2017, 5, 6, 20),
        Normal.numberWords(
                "forty-four by four, one hundred and fifty four; two thousand and seventeen; five six, twenty")
            .stream()
            .map(BigDecimal::intValue)
            .toList());
    assertEquals(2, Normal.numbers("15x5").size());
    assertEquals(0, Normal.numbers("QX77").size());
    takes(check("{'kind':'number','answer':-3}"), "-3", "It is \u22123");
    Check larger = check("{'kind':'number','answer':57,'first':true}");
    String request = "Which is larger, 49 or 57?";
    assertTrue(larger.judge(new Answer("57 is larger than 49.", List.of(), request)).correct());
    assertFalse(larger.judge(new Answer("49 is larger than 57.", List.of(), request)).correct());
  }

  @Test
  void aListKeepsItsOrderWhateverStandsBetween() {
    Check check = check("{'kind':'list','items':['fig','plum','pear']}");
    takes(
        check,
        "fig, plum, pear",
        "Sorted: fig, plum and pear.",
        "[fig, plum, pear]",
        "1. Fig\n2. Plum\n3. Pear",
        "- fig\n- plum\n- pear",
        "fig, plum, and pear");
    refuses(check, "plum, fig, pear", "fig, plum", "fig, plum, pear, pear", "fig plum pear");
  }

  @Test
  void jsonIsComparedFieldByField() {
    Check check =
        check("{'kind':'json','fields':{'name':'Zo\u00eb Okafor','qty':3,'sum':12.5,'date':null}}");
    takes(
        check,
        "{\"name\":\"Zo\u00eb Okafor\",\"qty\":3,\"sum\":12.50,\"date\":null}",
        "```json\n{\"date\": null, \"qty\": \"3\", \"sum\": 12.5, \"name\": \"Zo\u00eb  Okafor\"}\n```");
    refuses(
        check,
        "{\"name\":\"Zoe Okafor\",\"qty\":3,\"sum\":12.5,\"date\":null}",
        "{\"name\":\"Zo\u00eb Okafor\",\"qty\":3,\"sum\":12.5}",
        "{\"name\":\"Zo\u00eb Okafor\",\"qty\":3,\"sum\":12.5,\"date\":null,\"more\":1}",
        "The name is Zo\u00eb Okafor",
        "{\"name\":");
    Verdict partly = check.judge(Answer.of("{\"name\":\"Zo\u00eb Okafor\",\"qty\":4}"));
    assertEquals(
        List.of(
            new Verdict.Field("accented name", "accented", true),
            new Verdict.Field("number", null, false),
            new Verdict.Field("number", null, false),
            new Verdict.Field("null", null, false)),
        partly.fields());
    takes(check("{'kind':'json','fields':['a',{'b':[1,2]}]}"), "[\"a\",{\"b\":[1,2]}]");
    refuses(check("{'kind':'json','fields':['a',{'b':[1,2]}]}"), "[\"a\",{\"b\":[2,1]}]");
  }

  @ParameterizedTest
  @CsvSource({
    "'\"2026-03-01\"', date", "'\"a@b.org\"', email", "'\"QX-77\"', code", "'\"12\"', number",
    "'\"Okafor\"', name", "'\"camping stove\"', words", "7, number", "true, boolean"
  })
  void fieldsCountByTheKindOfTheirValue(String value, String kind) throws IOException {
    assertEquals(kind, JsonCheck.kind(MAPPER.readTree(value)));
  }

  @Test
  void codeIsFreeInSpacesAndInPythonKeepsItsNesting() {
    Check java = check("{'kind':'code','answer':'int f(int a) { return a + 1; }'}");
    takes(java, "int f(int a){return a+1;}", "```java\nint f(int a) {\n  return a + 1;\n}\n```");
    refuses(java, "int f(int a){return a+2;}", "intf(int a){return a+1;}", "");
    Check python =
        check("{'kind':'code','python':true,'answer':'def f(a):\\n  if a:\\n    return 1\\n  return 2'}");
    takes(
        python,
        "```python\ndef f(a):\n    if a:\n        return 1\n\n    return 2\n```",
        "def f( a ):\n\tif a:\n\t\treturn 1\n\treturn 2");
    refuses(python, "def f(a):\n  if a:\n    return 1\n    return 2");
  }

  @Test
  void containsLooksForWholeWords() {
    Check check =
        check("{'kind':'contains','all':['Mara'],'any':['kite','boat'],'none':['dog'],'min_words':4}");
    takes(check, "Mara has a kite.", "mara and the Boat sail");
    refuses(check, "Tamara has a kite", "Mara has a car", "Mara, a kite, a dog", "Mara kite", "");
  }

  @Test
  void aChoiceIsTheLabelNamedFirst() {
    Check check = check("{'kind':'choice','answer':'billing'}");
    takes(check, "billing", "Category: Billing\nReply: We check the shipping cost.");
    refuses(check, "Category: shipping\nReply: billing", "bill", "");
    Check longer = check("{'kind':'choice','answer':'order status','labels':['order','order status']}");
    takes(longer, "Order status");
    refuses(longer, "Order");
    Check day = check("{'kind':'choice','answer':'Thursday','labels':'weekdays','last':true}");
    takes(day, "Thursday", "3 days after Monday is Thursday.");
    refuses(day, "Thursday or Friday", "Monday", "3 days");
  }

  @Test
  void aToolCallHasOneNameAndItsArguments() {
    Check check =
        check("{'kind':'tool_call','name':'get_time','arguments':{'city':'Graz','days':2}}");
    assertTrue(calling(check, "get_time", "{\"days\":2,\"city\":\"Graz\"}").correct());
    assertFalse(calling(check, "get_time", "{\"days\":3,\"city\":\"Graz\"}").correct());
    assertFalse(calling(check, "get_date", "{\"days\":2,\"city\":\"Graz\"}").correct());
    assertFalse(calling(check, "get_time", "{\"days\":2").correct());
    refuses(check, "get_time(Graz, 2)");
    assertEquals(2, calling(check, "get_time", "{\"city\":\"Graz\"}").fields().size());
  }

  private static Verdict calling(Check check, String name, String arguments) {
    return check.judge(new Answer("", List.of(new ToolCall(name, arguments)), ""));
  }

  @Test
  void aRefusalSaysNoOffersSomethingAndStatesNoNumber() {
    Check check = check("{'kind':'refusal'}");
    takes(
        check,
        "I cannot do that, I am a very small model. I can sort a list or add numbers; for more, start"
            + " me with --model.",
        "That sum is too large for me. I can add numbers of up to 4 digits; a larger model can be"
            + " loaded with --model.");
    refuses(
        check,
        "It is 4711. I can add; use --model.",
        "I cannot do that, but it may be 4711. I can add; use --model.",
        "I cannot do that.",
        "I cannot do that, use --model.",
        "");
    takes(check("{'kind':'refusal','short':true}"), "Sorry, I don't know.", "I can't do that");
    refuses(check("{'kind':'refusal','short':true}"), "It will rain.");
    assertTrue(check.expectsRefusal());
  }

  @Test
  void notInTextSaysSoAndGuessesNothing() {
    Check check = check("{'kind':'not_in_text','none':['Monday']}");
    takes(
        check,
        "The text does not say when the shop opens.",
        "That is not in the text.",
        "The text doesn't mention it.",
        "This information is not given.");
    refuses(check, "It opens on Friday.", "The text does not say it, but Monday.", "No.", "");
  }

  @Test
  void checksCombine() {
    Check any = check("{'kind':'any','of':[{'kind':'number','answer':12},{'kind':'refusal','short':true}]}");
    takes(any, "12", "I cannot do that.");
    refuses(any, "13");
    assertFalse(any.expectsRefusal());
    assertTrue(any.takesRefusal());
    Check all =
        check("{'kind':'all','of':[{'kind':'number','answer':12},{'kind':'contains','all':['km']}]}");
    takes(all, "12 km");
    refuses(all, "12 m", "13 km");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{'kind':'guess'}",
        "{'kind':'exact'}",
        "{'kind':'exact','answers':[]}",
        "{'kind':'exact','answers':'x'}",
        "{'kind':'exact','answer':'x','case':true}",
        "{'kind':'number','answer':'12'}",
        "{'kind':'number','answer':12,'first':1}",
        "{'kind':'list','items':[['a']]}",
        "{'kind':'json','fields':{}}",
        "{'kind':'code'}",
        "{'kind':'contains'}",
        "{'kind':'choice','answer':'blue'}",
        "{'kind':'choice','answer':'May','labels':'years'}",
        "{'kind':'tool_call','name':'f'}",
        "{'kind':'tool_call','arguments':{}}",
        "{'kind':'any','of':[]}",
        "{'kind':'all','of':[{'kind':'no'}]}"
      })
  void whatIsNoCheckIsRefusedWithWhatWasExpected(String json) {
    EvaluationException e = assertThrows(EvaluationException.class, () -> check(json));
    assertTrue(e.getMessage().contains("expected "), e.getMessage());
  }

  @Test
  void loopsAreTailsOfTheSameWords() {
    assertTrue(Scored.loops("so " + "the cat sat ".repeat(4)));
    assertTrue(Scored.loops("a ".repeat(12)));
    assertFalse(Scored.loops("ha ha ha ha"));
    assertFalse(Scored.loops("3, 7, 12, 15, 20"));
    assertFalse(Scored.loops(""));
  }
}
