// SPDX-License-Identifier: Apache-2.0
// The frozen evaluation of small models: fourteen families that make the score, and figures beside
// them. Which items are asked is decided here; Scorer asks them, EvaluationReport adds them up.
package io.qwenjet.eval;

import io.qwenjet.engine.Engine;
import io.qwenjet.engine.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A set of items to score a model with. Immutable. */
public final class NanoEvaluation {
  /** The families in the order of the report; the score is the mean over them. */
  public static final List<String> FAMILIES =
      List.of(
          "arithmetic",
          "word_problems",
          "lists",
          "dates_units",
          "extraction",
          "classification",
          "tool_calls",
          "not_in_text",
          "out_of_scope",
          "self",
          "follow_up",
          "facts",
          "code",
          "stories");

  static final String SEEN = "seen_templates";
  static final String HELD_OUT = "held_out_templates";
  static final String NOISY = "noisy";
  static final String NO_THINK = "no_think";
  static final String FIRST_CONTACT = "first_contact";
  static final String POSITION = "position";

  /** Noise leaves the task whole only where no text has to be copied letter by letter. */
  private static final List<String> TYPED =
      List.of("arithmetic", "word_problems", "lists", "dates_units", "self", "facts", "stories");

  private static final List<String> PLACED =
      List.of("arithmetic", "extraction", "follow_up", "facts");
  private static final List<Integer> HISTORY_TOKENS = List.of(0, 300, 540, 780);
  private static final int PER_VARIANT = 20;
  private static final int PER_PLACE = 15;

  /** An item and the figure that it counts for. */
  record Question(String group, Item item) {}

  private final List<Question> questions;
  private final List<Item> history;
  private final List<Item> placed;
  private final List<String> families;

  private NanoEvaluation(
      List<Question> questions, List<Item> placed, List<Item> history, List<String> families) {
    this.questions = List.copyOf(questions);
    this.placed = List.copyOf(placed);
    this.history = List.copyOf(history);
    this.families = List.copyOf(families);
  }

  /**
   * Returns the frozen evaluation.
   *
   * @param limit how many items of each family and figure at most; 0 for all
   */
  public static NanoEvaluation frozen(int limit) {
    List<Question> questions = new ArrayList<>();
    List<Item> placed = new ArrayList<>();
    int perVariant = limit == 0 ? PER_VARIANT : Math.min(limit, PER_VARIANT);
    for (String family : FAMILIES) {
      List<Item> items = ItemReader.frozen(family);
      add(questions, family, items, limit);
      int seed = 0;
      for (Item item : first(items, perVariant)) {
        if (TYPED.contains(family)) {
          questions.add(new Question(NOISY, Noise.apply(item, seed++)));
        }
        questions.add(new Question(NO_THINK, item.withThinking(false)));
      }
      if (PLACED.contains(family)) {
        placed.addAll(first(items, Math.min(perVariant, PER_PLACE)));
      }
    }
    List<Item> seen = ItemReader.frozen(SEEN);
    add(questions, SEEN, seen, limit);
    add(questions, HELD_OUT, ItemReader.frozen(HELD_OUT), limit);
    add(questions, FIRST_CONTACT, ItemReader.frozen(FIRST_CONTACT), limit);
    return new NanoEvaluation(questions, placed, seen, FAMILIES);
  }

  /**
   * Returns an evaluation of somebody's items.
   *
   * @param file JSON lines of {"messages", "tools", "check"}, "family" where there are several
   * @param limit how many items of each family at most; 0 for all
   * @throws EvaluationException if a line is no item, with its number
   */
  public static NanoEvaluation of(Path file, int limit) {
    List<Item> items = ItemReader.read(file, "prompts");
    List<String> families = items.stream().map(Item::family).distinct().toList();
    List<Question> questions = new ArrayList<>();
    for (String family : families) {
      List<Item> of = items.stream().filter(item -> item.family().equals(family)).toList();
      add(questions, family, of, limit);
    }
    return new NanoEvaluation(questions, List.of(), List.of(), families);
  }

  /**
   * Returns the scores of a model. Blocks; an interrupt ends it with the engine's exception.
   *
   * @param engine the model, with a chat template; not null
   * @param progress is told how far it is, from many threads; not null
   * @return the scores
   */
  public EvaluationReport run(Engine engine, EvaluationProgress progress) {
    List<Question> all = new ArrayList<>(questions);
    for (int tokens : HISTORY_TOKENS) {
      for (Item item : placed) {
        all.add(new Question(POSITION, behind(item, tokens, engine)));
      }
    }
    long startNs = System.nanoTime();
    List<Scored> scored = new Scorer(engine).score(all, progress);
    return new EvaluationReport(families, scored, (System.nanoTime() - startNs) * 1e-9);
  }

  /** The item behind earlier turns of about so many tokens. */
  private Item behind(Item item, int tokens, Engine engine) {
    List<Message> turns = new ArrayList<>();
    int length = 0;
    int at = Math.floorMod(item.name().hashCode(), Math.max(1, history.size()));
    for (int tried = 0; length < tokens && tried < history.size(); tried++) {
      Item earlier = history.get((at + tried) % history.size());
      if (earlier.answer() == null || earlier.messages().size() != 1) {
        continue;
      }
      turns.add(earlier.messages().get(0));
      turns.add(Message.assistant(earlier.answer()));
      length += engine.tokenizer().encode(earlier.request() + earlier.answer()).length + 10;
    }
    turns.addAll(item.messages());
    return item.withMessages(item.name() + "~behind" + tokens, turns);
  }

  private static void add(List<Question> questions, String group, List<Item> items, int limit) {
    for (Item item : limit == 0 ? items : first(items, limit)) {
      questions.add(new Question(group, item));
    }
  }

  private static List<Item> first(List<Item> items, int count) {
    return items.subList(0, Math.min(count, items.size()));
  }
}
