// SPDX-License-Identifier: Apache-2.0
// A recipe's data as tokens, encoded once and kept in the run's folder, and the batches of each phase.
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.ProgressBar;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.data.BatchSource;
import io.qwenjet.train.data.BucketedBatches;
import io.qwenjet.train.data.CorpusLine;
import io.qwenjet.train.data.Difficulty;
import io.qwenjet.train.data.EntryReport;
import io.qwenjet.train.data.ExampleOrder;
import io.qwenjet.train.data.LineEncoder;
import io.qwenjet.train.data.PackedBatches;
import io.qwenjet.train.data.RareCover;
import io.qwenjet.train.data.TokenBatch;
import io.qwenjet.train.data.TokenStore;
import io.qwenjet.train.run.Recipe;
import io.qwenjet.train.run.RecipeException;
import io.qwenjet.train.run.RunFolder;
import io.qwenjet.train.run.StepData;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;

final class TokenizedData {
  private static final int LINES_A_REPORT = 1000;
  /** However many long examples there are, long rows hold some of the short ones. */
  private static final double LEAST_SHORT = 0.02;

  private final Recipe recipe;
  private final LineEncoder encoder;
  private final TokenStore training;
  private final TokenStore held;

  private TokenizedData(Recipe recipe, LineEncoder encoder, TokenStore training, TokenStore held) {
    this.recipe = recipe;
    this.encoder = encoder;
    this.training = training;
    this.held = held;
  }

  /**
   * Encodes the recipe's files, or takes what an earlier start encoded.
   *
   * @param identity receives the digests of what the files hold
   */
  static TokenizedData open(Recipe recipe, Streams streams, Map<String, String> identity)
      throws IOException {
    for (Path file : recipe.data()) {
      requireFile("data", file);
    }
    requireFile("tokenizer", recipe.tokenizer().resolve("tokenizer.json"));
    String tokenizer = RunFolder.digest(List.of(recipe.tokenizer().resolve("tokenizer.json")));
    String data = RunFolder.digest(recipe.data());
    identity.put("contents of tokenizer", tokenizer);
    identity.put("contents of data", data);
    Recipe.Dropout dropout = recipe.dropout();
    LineEncoder encoder =
        LineEncoder.load(
            recipe.tokenizer(),
            new LineEncoder.Dropout(dropout.prompts(), dropout.copied(), dropout.copiedShare()));
    long key = Long.parseUnsignedLong(RunFolder.digestOf(tokenizer, data, dropout, recipe.coverRare(), recipe.seed()).substring(0, 16), 16);
    Path kept = recipe.out().resolve("tokens.bin");
    TokenStore training = TokenStore.read(kept, key);
    if (training == null) {
      training = encode(recipe.data(), encoder, recipe.seed(), "encoding", streams);
      if (recipe.coverRare() > 0) {
        training = covered(training, encoder, recipe);
      }
      training.write(kept, key);
    }
    EntryReport entries = EntryReport.of(encoder.model(), training);
    entries.write(recipe.out().resolve("entries.json"));
    streams.note(
        String.format(
            Locale.ROOT, "%,d examples of %,d tokens; the rarest entry is %s, %,d times",
            training.size(), training.numTokens(), entries.rarest().get(0).text(), entries.rarest().get(0).count()));
    TokenStore held = null;
    if (recipe.validation() != null) {
      requireFile("validation", recipe.validation());
      LineEncoder canonical = LineEncoder.load(recipe.tokenizer(), LineEncoder.Dropout.NONE);
      held = encode(List.of(recipe.validation()), canonical, 0, "encoding held-out text", streams);
    }
    return new TokenizedData(recipe, encoder, training, held);
  }

  int vocabSize() {
    return encoder.model().size();
  }

  Path tokenizer() {
    return recipe.tokenizer();
  }

  /** Batches of the training data; each length of rows has its own, numbered alike. */
  StepData training() {
    return stepData(training, order(), recipe.seed());
  }

  /** Batches of the held-out file, or null without one. */
  StepData validation() {
    return held == null ? null : stepData(held, ExampleOrder.SHUFFLED, 0);
  }

  private ExampleOrder order() {
    if (recipe.order() == Recipe.Order.SHUFFLED) {
      return ExampleOrder.SHUFFLED;
    }
    return ExampleOrder.curriculum(
        Difficulty.lengthAndRarity(training), recipe.curriculumGrowth(), recipe.curriculumStages());
  }

  private StepData stepData(TokenStore store, ExampleOrder order, long seed) {
    Map<Integer, BatchSource> sources = new HashMap<>();
    int microBatches = recipe.microBatches();
    return (position, length, numTokens) -> {
      BatchSource source = sources.computeIfAbsent(length, each -> source(store, order, seed, each, numTokens / microBatches));
      List<TokenBatch> batches = new ArrayList<>();
      for (int i = 0; i < microBatches; i++) {
        batches.add(source.batch(position + i));
      }
      return new StepData.Prepared(batches, position + microBatches);
    };
  }

  private BatchSource source(TokenStore store, ExampleOrder order, long seed, int length, int numTokens) {
    if (numTokens < length) {
      throw new RecipeException(
          "micro_batch_tokens: expected at least one row of " + length + " tokens, got " + numTokens);
    }
    PackedBatches.Shape shape =
        new PackedBatches.Shape(numTokens / length, length, (float) recipe.promptLossWeight());
    return recipe.packing() == Recipe.Packing.PACKED
        ? new PackedBatches(store, shape, order, seed, wanted(store, seed, length))
        : new BucketedBatches(store, shape, order, seed);
  }

  /**
   * A later phase of longer rows takes all that the rows before had no room for, and as many of the
   * other examples as its tokens then ask for.
   */
  private IntPredicate wanted(TokenStore store, long seed, int length) {
    int before = 0;
    double share = 0;
    for (Recipe.Phase phase : recipe.phases()) {
      for (int each : phase.lengths()) {
        before = each < length ? Math.max(before, each) : before;
      }
      share += phase.shareOf(length);
    }
    if (before == 0) {
      return example -> true;
    }
    double longer = 0;
    double others = 0;
    for (int i = 0; i < store.size(); i++) {
      if (store.length(i) > before && store.length(i) <= length) {
        longer += store.length(i);
      } else if (store.length(i) <= before) {
        others += store.length(i);
      }
    }
    double total = recipe.schedule().total() * (recipe.unit() == Recipe.Unit.STEPS ? recipe.batchTokens() : 1.0);
    double taken = Math.max(LEAST_SHORT, Math.min(1, (share * total - longer) / Math.max(1, others)));
    int longest = before;
    return example ->
        store.length(example) > longest
            || new SplittableRandom(seed * 31 + example).nextDouble() < taken;
  }

  private static TokenStore encode(
      List<Path> files, LineEncoder encoder, long seed, String title, Streams streams) throws IOException {
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    TokenStore.Builder store = new TokenStore.Builder();
    long index = 0;
    long done = 0;
    try (ProgressBar bar = new ProgressBar(streams, title)) {
      for (Path file : files) {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
          long number = 0;
          for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            done += line.length() + 1;
            if (line.isBlank()) {
              continue;
            }
            try {
              store.add(encoder.encode(CorpusLine.parse(line), seed, index++));
            } catch (CorpusLine.MalformedLineException e) {
              throw new CommandException(file + ", line " + number + ": " + e.getMessage(), e);
            }
            if (index % LINES_A_REPORT == 0) {
              bar.update(Math.min(done, bytes), bytes, String.format(Locale.ROOT, "%,d tokens", store.numTokens()));
            }
          }
        }
      }
    }
    return store.build();
  }

  /** With examples that bring every entry of the vocabulary to the recipe's least count. */
  private static TokenStore covered(TokenStore store, LineEncoder encoder, Recipe recipe) {
    TokenStore.Builder builder = new TokenStore.Builder();
    for (int i = 0; i < store.size(); i++) {
      builder.add(store.example(i));
    }
    long[] counts = store.counts(encoder.model().size());
    RareCover.examples(encoder.model(), counts, recipe.coverRare(), recipe.seed()).forEach(builder::add);
    return builder.build();
  }

  private static void requireFile(String key, Path file) {
    if (!Files.isRegularFile(file)) {
      throw new RecipeException(key + ": expected a file, got " + file + ", which is none");
    }
  }
}
