// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.corpus.Split;
import io.qwenjet.engine.Message;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/** The frozen files: sizes, counts, and that nothing in them can come from the training generator. */
class FrozenItemsTest {
  private static final int MAX_BYTES = 1_000_000;
  private static final int SAMPLE = 100_000;

  static final List<String> FAMILIES = NanoEvaluation.FAMILIES;

  /** Earlier turns that anybody says, the generator as well, before what is asked and judged. */
  private static final Set<String> SMALL_TALK =
      Set.of("hey you", "good evening", "are you there", "ok next", "hi # here", "keep this code for me #");

  private static TrainingText training;

  @BeforeAll
  static void readTheTrainingText() {
    training = TrainingText.sample(SAMPLE);
  }

  @ParameterizedTest
  @FieldSource("FAMILIES")
  void everyFamilyHasThreeHundredDifferentItems(String family) {
    List<Item> items = ItemReader.frozen(family);
    assertTrue(items.size() >= 300, family + " has " + items.size());
    Set<String> asked = new HashSet<>();
    items.forEach(item -> asked.add(item.messages().toString() + item.tools()));
    assertEquals(items.size(), asked.size(), family);
  }

  @ParameterizedTest
  @FieldSource("FAMILIES")
  void theTrainingGeneratorCannotAskThem(String family) {
    List<String> seen = new ArrayList<>();
    for (Item item : ItemReader.frozen(family)) {
      List<Message> messages = item.messages();
      for (int i = 0; i < messages.size(); i++) {
        String said = messages.get(i).content();
        boolean isLast = messages.subList(i + 1, messages.size()).stream().noneMatch(FrozenItemsTest::isUsers);
        if (isUsers(messages.get(i))
            && training.asks(said)
            && (isLast || !SMALL_TALK.contains(Draft.comparable(Pools.mask(said))))) {
          seen.add(item.name() + ": " + said);
        }
      }
    }
    assertEquals(List.of(), seen);
  }

  private static boolean isUsers(Message message) {
    return message.role().equals("user");
  }

  /** The generator's own answers are right ones, so every check has to take them. */
  @ParameterizedTest
  @EnumSource(names = {"HELD_OUT_VALUES", "HELD_OUT_BOTH"})
  void checksTakeTheAnswersOfTheTrainingText(Split split) {
    List<String> refused = new ArrayList<>();
    int judged = 0;
    for (Item item : ItemReader.frozen(CorpusItems.name(split))) {
      if (item.answer() != null) {
        judged++;
        Verdict verdict = item.check().judge(new Answer(item.answer(), List.of(), item.said()));
        if (!verdict.correct()) {
          refused.add(item.name() + ": " + verdict.reason());
        }
      }
    }
    assertEquals(List.of(), refused);
    assertTrue(judged >= 50, "judged " + judged);
  }

  @Test
  void makersAreDeterministic() {
    List<MadeItem> once = ItemMaker.make("lists", TrainingText.none());
    assertEquals(once, ItemMaker.make("lists", TrainingText.none()));
    assertEquals(ItemMaker.PER_FAMILY, once.size());
  }

  @Test
  void allFilesTogetherStayUnderAMegabyte() throws IOException {
    long bytes = 0;
    List<String> names = new ArrayList<>(FAMILIES);
    names.addAll(
        List.of(NanoEvaluation.SEEN, NanoEvaluation.HELD_OUT, NanoEvaluation.FIRST_CONTACT));
    for (String name : names) {
      try (InputStream stream = NanoEvaluation.class.getResourceAsStream(name + ".jsonl")) {
        bytes += stream.readAllBytes().length;
      }
    }
    assertTrue(bytes < MAX_BYTES, "expected under " + MAX_BYTES + " bytes, got " + bytes);
  }

  @Test
  void firstContactHasThreeHundredPrompts() {
    assertEquals(300, ItemReader.frozen(NanoEvaluation.FIRST_CONTACT).size());
  }

  /**
   * People's first prompts are short, and the generator's small talk and questions are such prompts too:
   * those that it says are listed, with what they say once values are masked, and no other is among them.
   */
  @Test
  void firstContactSharesOnlyListedPromptsWithTheGenerator() {
    List<String> listed = Pools.words("first_contact_shared", "\n");
    Set<String> asked = new HashSet<>();
    for (Item item : ItemReader.frozen(NanoEvaluation.FIRST_CONTACT)) {
      item.messages().stream().filter(FrozenItemsTest::isUsers).map(Message::content).forEach(asked::add);
    }
    assertTrue(asked.containsAll(listed), "a listed prompt is not asked");
    List<String> shared = asked.stream().filter(training::asks).toList();
    assertEquals(List.of(), shared.stream().filter(prompt -> !listed.contains(prompt)).toList());
    assertTrue(listed.size() <= 140, "listed: " + listed.size());
  }

  @Test
  void namesAndThingsAreHeldOut() {
    assertTrue(Pools.FIRST_NAMES.size() >= 25, "" + Pools.FIRST_NAMES.size());
    assertTrue(Pools.SURNAMES.size() >= 25, "" + Pools.SURNAMES.size());
    assertTrue(Pools.CITIES.size() >= 20, "" + Pools.CITIES.size());
    assertTrue(Pools.NOUNS.size() >= 20, "" + Pools.NOUNS.size());
    for (List<String> pool : List.of(Pools.FIRST_NAMES, Pools.SURNAMES, Pools.CITIES, Pools.GOODS)) {
      assertTrue(pool.stream().allMatch(Split::isHeldOutValue));
    }
    assertFalse(Pools.FIRST_NAMES.isEmpty());
  }

  @Test
  void masksMakeSkeletonsComparable() {
    assertEquals("what is #+#", Draft.comparable("What is {a}+{b}?"));
    assertEquals(Draft.comparable("Add {a} and {b}."), Draft.comparable("add 47 and 85"));
    assertEquals("sort #", Draft.comparable("Sort: 3, 7, 12"));
  }
}
