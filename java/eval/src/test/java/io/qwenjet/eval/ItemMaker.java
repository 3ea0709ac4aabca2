// SPDX-License-Identifier: Apache-2.0
// Makes the frozen files of the families. What could come from the training generator, in its own
// words or with the values masked, is made again with other words.
//   ItemMaker FOLDER    writes them; the files are then frozen
package io.qwenjet.eval;

import io.qwenjet.corpus.Draw;
import io.qwenjet.corpus.Split;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class ItemMaker {
  static final int PER_FAMILY = 300;
  private static final long SEED = 20_260_501;
  private static final int MAX_TRIES = 400;

  /** Families whose items differ by what stands before the last message. */
  private static final Set<String> WITH_CONTEXT = Set.of("follow_up", "tool_calls");

  private interface Family {
    MadeItem make(Draw draw, int index);
  }

  private static final Map<String, Family> FAMILIES = new LinkedHashMap<>();

  static {
    FAMILIES.put("arithmetic", SumItems::arithmetic);
    FAMILIES.put("word_problems", SumItems::wordProblem);
    FAMILIES.put("lists", ListItems::make);
    FAMILIES.put("dates_units", DateItems::make);
    FAMILIES.put("extraction", ExtractionItems::make);
    FAMILIES.put("classification", ClassificationItems::make);
    FAMILIES.put("tool_calls", ToolItems::make);
    FAMILIES.put("not_in_text", ExtractionItems::question);
    FAMILIES.put("out_of_scope", TalkItems::outOfScope);
    FAMILIES.put("self", TalkItems::self);
    FAMILIES.put("follow_up", TalkItems::followUp);
    FAMILIES.put("facts", FactItems::make);
    FAMILIES.put("code", CodeItems::make);
    FAMILIES.put("stories", TalkItems::story);
  }

  private ItemMaker() {}

  public static void main(String[] args) throws IOException {
    TrainingText training = TrainingText.sample(200_000);
    for (String family : FAMILIES.keySet()) {
      write(Path.of(args[0]), family, make(family, training).stream().map(MadeItem::line).toList());
    }
    for (Split split : List.of(Split.HELD_OUT_VALUES, Split.HELD_OUT_BOTH)) {
      List<String> lines = CorpusItems.make(split);
      if (!lines.isEmpty()) {
        write(Path.of(args[0]), CorpusItems.name(split), lines);
      }
    }
  }

  private static void write(Path folder, String name, List<String> lines) throws IOException {
    Path file = folder.resolve(name + ".jsonl");
    Files.write(file, lines, StandardCharsets.UTF_8);
    System.out.println(name + " " + lines.size() + " " + Files.size(file));
  }

  /** Makes the items of a family in random order, no two the same. */
  static List<MadeItem> make(String family, TrainingText training) {
    Family maker = FAMILIES.get(family);
    List<MadeItem> items = new ArrayList<>();
    Set<String> asked = new HashSet<>();
    for (int index = 0; index < PER_FAMILY; index++) {
      MadeItem item = null;
      for (int attempt = 0; item == null; attempt++) {
        if (attempt == MAX_TRIES) {
          throw new IllegalStateException(
              family + " " + index + ": expected words of our own, got those of the training text");
        }
        Draw draw = new Draw(SEED + family.hashCode(), index + 1_000L * attempt, Split.HELD_OUT_BOTH);
        MadeItem made = maker.make(draw, index);
        if (!training.has(made.draft()) && asked.add(WITH_CONTEXT.contains(family) ? made.line() : made.draft().text())) {
          item = made;
        }
      }
      items.add(item);
    }
    return new Draw(SEED, 0, Split.HELD_OUT_BOTH).shuffled(items);
  }
}
