// SPDX-License-Identifier: Apache-2.0
// What must hold for every request that is declined, every fact and every story, over many draws.
package io.qwenjet.corpus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFamiliesTest {
  private static final int DRAWS = 4_000;
  private static final Pattern NUMBER =
      Pattern.compile(
          ".*(\\d|\\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand)\\b).*");

  private static String answer(Exchange exchange) {
    return exchange.turns().get(exchange.turns().size() - 1).content();
  }

  @ParameterizedTest
  @ValueSource(strings = {"out_of_scope", "self", "facts", "code", "stories"})
  void everyDrawHasARequestAndAnAnswerThatRepeatsWhatItSays(String name) {
    Family family = Families.named(name);
    for (Split split : Split.values()) {
      int draws = split == Split.TRAIN ? DRAWS : DRAWS / 20;
      for (int i = 0; i < draws; i++) {
        Exchange exchange = family.draw(new Draw(11, i, split));
        String answer = answer(exchange);
        assertFalse(exchange.turns().get(0).content().isBlank(), exchange.intent());
        assertFalse(answer.isBlank() || answer.contains("{nl}"), answer);
        exchange.copied().forEach(text -> assertTrue(answer.contains(text), () -> text + " in " + answer));
        assertTrue(split.takesSkeleton(exchange.skeleton()), exchange.skeleton());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"out_of_scope", "self", "facts", "code", "stories"})
  void theSameSeedAndIndexMakeTheSameExchange(String name) {
    Family family = Families.named(name);
    for (int i = 0; i < 200; i++) {
      assertEquals(family.draw(new Draw(3, i, Split.TRAIN)), family.draw(new Draw(3, i, Split.TRAIN)));
    }
  }

  @Test
  void refusalsSayThatTheyDeclineAndNameTheOptionAndNoNumber() {
    Family family = new OutOfScopeFamily();
    Set<String> answers = new HashSet<>();
    for (int i = 0; i < DRAWS; i++) {
      String answer = answer(family.draw(new Draw(5, i, Split.TRAIN)));
      assertFalse(NUMBER.matcher(answer).matches(), answer);
      assertTrue(answer.contains("--model"), answer);
      assertTrue(answer.matches(".*(cannot|do not|no opinion|only understand).*"), answer);
      answers.add(answer);
    }
    assertTrue(answers.size() > 200, () -> "expected many wordings, got " + answers.size());
  }

  @Test
  void everyIntentHasTwoHundredSkeletonsAndMore() {
    Map<String, Set<String>> skeletons = new HashMap<>();
    for (String intent : new HashSet<>(SelfFamily.INTENTS)) {
      collect(skeletons, "self/" + intent, draw -> SelfFamily.question(intent, draw));
    }
    for (String intent : new HashSet<>(SelfFamily.SMALL)) {
      collect(skeletons, "self/" + intent, draw -> SelfFamily.small(intent, draw));
    }
    for (String intent : new HashSet<>(StoriesFamily.INTENTS)) {
      collect(skeletons, "stories/" + intent, draw -> StoriesFamily.draw(intent, draw));
    }
    for (String intent : new HashSet<>(CodeFamily.INTENTS)) {
      collect(skeletons, "code/" + intent, draw -> CodeFamily.draw(intent, draw));
    }
    for (String intent : NearMisses.INTENTS) {
      collect(skeletons, "out_of_scope/" + intent, draw -> NearMisses.draw(intent, draw));
    }
    collect(skeletons, "word_problems/missing", WordProblemsFamily::missing);
    skeletons.forEach(
        (intent, each) -> assertTrue(each.size() >= 200, () -> intent + ": expected 200 skeletons, got " + each.size()));
  }

  private static void collect(
      Map<String, Set<String>> skeletons, String key, java.util.function.Function<Draw, Exchange> make) {
    Set<String> found = skeletons.computeIfAbsent(key, name -> new HashSet<>());
    for (int i = 0; i < 4_000 && found.size() < 200; i++) {
      found.add(make.apply(new Draw(23, i, Split.TRAIN)).skeleton());
    }
  }

  @Test
  void noFactHasTwoAnswersAndEachIsAskedInManyWays() {
    Map<String, String> answers = new HashMap<>();
    for (FactsFamily.Fact fact : FactsFamily.list()) {
      boolean back = fact.rule().endsWith(".back");
      String asked = fact.rule() + "/" + (back ? fact.b() : fact.a());
      String earlier = answers.put(asked, back ? fact.a() : fact.b());
      assertEquals(null, earlier, asked);
    }
    assertTrue(answers.size() >= 300, () -> "got " + answers.size());
    Grammar grammar = Grammar.load("facts");
    for (String kind : FactsFamily.KINDS) {
      int ways = grammar.alternatives(kind + ".ask").size();
      assertTrue(ways >= 10, () -> kind + " has " + ways);
    }
  }

  @Test
  void storiesHoldWhatWasAskedInFourToEightSentences() {
    for (int i = 0; i < 1_500; i++) {
      Exchange exchange = StoriesFamily.draw("ask_two", new Draw(17, i, Split.TRAIN));
      String story = answer(exchange);
      assertTrue(exchange.copied().size() >= 3, () -> exchange.copied() + " in " + story);
      assertFalse(story.contains("{") || story.contains("|"), story);
      long ends = Pattern.compile("[.!?]\"?( |$)").matcher(story).results().count();
      assertTrue(ends >= 4 && ends <= 10, story);
    }
  }

  @Test
  void documentsAreThere() {
    for (Document document : List.of(new StoryDocument(), new CodeDocument(), new FactsDocument())) {
      for (int i = 0; i < 1_000; i++) {
        Example example = document.draw(new Draw(29, i, Split.TRAIN));
        assertEquals("document/" + document.kind(), example.family());
        assertTrue(example.text().length() > 20, example.text());
        example.copied().forEach(text -> assertTrue(example.text().contains(text)));
      }
    }
  }
}
