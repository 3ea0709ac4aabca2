// SPDX-License-Identifier: Apache-2.0
// The recipe of one training run as its YAML file says it. java/train/README.md lists the keys for
// users; what is read here is what is allowed.
package io.qwenjet.train.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One training run. Paths are as written, relative to the working directory.
 *
 * @param stage which tokens carry the loss
 * @param model keys of config.json with their values; empty when {@code initialWeights} says them
 * @param initialWeights a folder in the published layout, or null to begin with random weights
 * @param tokenizer the folder with tokenizer.json, or null when {@code initialWeights} has it
 * @param data JSON-lines files
 * @param validation held-out JSON-lines file, or null
 * @param out the run's folder
 * @param unit what the run's length is counted in
 * @param batchTokens places a step
 * @param microBatchTokens places that go through the graph at once
 * @param phases rows' lengths in order; their shares sum to 1
 * @param packing how conversations share rows
 * @param order the order of the data
 * @param curriculumGrowth where in a curriculum's first epoch the hardest data begins, from 0 to 1
 * @param curriculumStages in how many steps it grows harder
 * @param schedule the learning rate, with the run's length
 * @param optimizer what moves the matrices of the layers
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the second moment
 * @param weightDecay decay of matrices a step, times the learning rate
 * @param clip the longest gradient; 0 leaves gradients as they are
 * @param promptLossWeight loss weight of tokens outside the assistant's turns, in the sft stage
 * @param dropout merges left out in what the model reads
 * @param routerLossWeight weight of the auxiliary loss of mixture-of-experts models
 * @param coverRare least count of every entry of the vocabulary, reached with made examples; 0 adds none
 * @param seed of weights, order and drop-out
 * @param threads of libtorch; 0 takes those of the environment
 * @param precision how the model computes
 * @param checkpointMinutes between checkpoints
 * @param exportEvery steps between exports of the published layout; 0 for none
 * @param evaluateEvery steps between losses on the held-out file; 0 for none
 * @param evaluateTokens tokens of the held-out file that are used
 * @param scoreItems items a family of the evaluation that each export answers; 0 for none
 */
public record Recipe(
    Stage stage,
    Map<String, String> model,
    Path initialWeights,
    Path tokenizer,
    List<Path> data,
    Path validation,
    Path out,
    Unit unit,
    int batchTokens,
    int microBatchTokens,
    List<Phase> phases,
    Packing packing,
    Order order,
    double curriculumGrowth,
    int curriculumStages,
    Schedule schedule,
    Optimizer optimizer,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clip,
    double promptLossWeight,
    Dropout dropout,
    double routerLossWeight,
    long coverRare,
    long seed,
    int threads,
    Precision precision,
    double checkpointMinutes,
    long exportEvery,
    long evaluateEvery,
    long evaluateTokens,
    int scoreItems) {
  /** The keys of config.json that a recipe may say; the vocabulary's size comes from the tokenizer. */
  private static final List<String> MODEL_KEYS =
      List.of(
          "model_type",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "num_key_value_heads",
          "head_dim",
          "max_position_embeddings",
          "rope_theta",
          "rms_norm_eps",
          "tie_word_embeddings",
          "num_experts",
          "num_experts_per_tok",
          "moe_intermediate_size",
          "norm_topk_prob",
          "decoder_sparse_step");

  /** Which tokens carry the loss. */
  public enum Stage {
    PRETRAIN,
    SFT
  }

  /** What moves the matrices of the layers; AdamW moves all else. */
  public enum Optimizer {
    ADAMW,
    MUON
  }

  /** What a run's length is counted in. */
  public enum Unit {
    TOKENS,
    STEPS
  }

  /** How conversations share rows. */
  public enum Packing {
    /** Many in a row, each seeing only itself. */
    PACKED,
    /** One a row, rows of like length together. */
    BUCKETED
  }

  /** The order of the data. */
  public enum Order {
    SHUFFLED,
    CURRICULUM
  }

  /** How the model computes. */
  public enum Precision {
    AUTO,
    FLOAT32,
    FLOAT32_BF16_MATMUL,
    AUTOCAST
  }

  /**
   * BPE-dropout (arXiv 1910.13267).
   *
   * @param prompts probability of leaving out a merge in what the model reads
   * @param copied the same inside strings that the answer repeats
   * @param copiedShare the share of examples in which {@code copied} holds
   */
  public record Dropout(double prompts, double copied, double copiedShare) {}

  /**
   * A part of the run. Its steps take turns at the lengths: 256, 256, 512 is two steps of the one, then
   * one of the other.
   *
   * @param share of the run's length
   * @param lengths tokens a row
   */
  public record Phase(double share, List<Integer> lengths) {
    /** The part of the run's length that has rows of this length. */
    public double shareOf(int length) {
      return share * Collections.frequency(lengths, length) / lengths.size();
    }
  }

  /**
   * What one step reads.
   *
   * @param length tokens a row
   * @param position of the batch among those of this length
   */
  record Turn(int length, long position) {}

  /**
   * Reads a recipe.
   *
   * @throws RecipeException when a key is unknown, missing or has a value that is not allowed
   */
  public static Recipe read(Path file) throws IOException {
    return of(Section.ofFile(file));
  }

  /** Reads a recipe whose run is to lie in another folder than it says. */
  public static Recipe read(Path file, Path out) throws IOException {
    return of(Section.ofFile(file).with("out", out.toString()));
  }

  static Recipe of(Section top) {
    Stage stage = top.choice("stage", Stage.class, null);
    Path initial = top.path("initial_weights", null);
    Section modelSection = top.section("model");
    Map<String, String> model = new LinkedHashMap<>();
    for (String key : MODEL_KEYS) {
      String value = modelSection.text(key, null);
      if (value != null) {
        model.put(key, value);
      }
    }
    modelSection.end();
    if (model.isEmpty() == (initial == null)) {
      throw top.wrong("model", "either model or initial_weights", model.isEmpty() ? "neither" : "both");
    }
    Path tokenizer = top.path("tokenizer", initial);
    if (tokenizer == null) {
      throw top.wrong("tokenizer", "a folder with tokenizer.json", "none");
    }
    List<Path> data = top.texts("data").stream().map(Path::of).toList();
    if (data.isEmpty()) {
      throw top.wrong("data", "one file or more", "none");
    }
    boolean bySteps = top.has("steps");
    if (bySteps == top.has("tokens")) {
      throw top.wrong("tokens", "either tokens or steps", bySteps ? "both" : "neither");
    }
    long total = top.count(bySteps ? "steps" : "tokens", null, 1);
    int batchTokens = (int) top.count("batch_tokens", 4096L, 1);
    Schedule schedule =
        new Schedule(
            top.choice("schedule", Schedule.Kind.class, Schedule.Kind.WSD),
            top.number("learning_rate", null, 0, 10),
            top.number("final_lr_share", 0.0, 0, 1),
            (int) top.count("warmup_steps", 100L, 0),
            total,
            top.number("decay_share", 0.2, 0, 1));
    List<Double> betas = top.texts("betas").stream().map(Double::valueOf).toList();
    if (!betas.isEmpty() && betas.size() != 2) {
      throw top.wrong("betas", "two numbers", betas);
    }
    Recipe recipe =
        new Recipe(
            stage,
            model,
            initial,
            tokenizer,
            data,
            top.path("validation", null),
            top.path("out"),
            bySteps ? Unit.STEPS : Unit.TOKENS,
            batchTokens,
            (int) top.count("micro_batch_tokens", (long) batchTokens, 1),
            phases(top),
            top.choice("packing", Packing.class, Packing.PACKED),
            top.choice("order", Order.class, Order.SHUFFLED),
            top.number("curriculum_growth", 0.5, 0, 0.99),
            (int) top.count("curriculum_stages", 8L, 1),
            schedule,
            top.choice("optimizer", Optimizer.class, Optimizer.ADAMW),
            betas.isEmpty() ? 0.9 : betas.get(0),
            betas.isEmpty() ? 0.95 : betas.get(1),
            top.number("epsilon", 1e-8, 0, 1),
            top.number("weight_decay", 0.1, 0, 10),
            top.number("clip", 1.0, 0, 1e6),
            top.number("prompt_loss_weight", stage == Stage.SFT ? 0.0 : 1.0, 0, 1),
            new Dropout(
                top.number("bpe_dropout", 0.0, 0, 1),
                top.number("bpe_dropout_copied", 0.0, 0, 1),
                top.number("bpe_dropout_copied_share", 0.0, 0, 1)),
            top.number("router_loss_weight", 0.001, 0, 10),
            top.count("cover_rare", 0L, 0),
            top.count("seed", 1L, 0),
            (int) top.count("threads", 0L, 0),
            top.choice("precision", Precision.class, Precision.AUTO),
            top.number("checkpoint_minutes", 5.0, 0, 1e6),
            top.count("export_every", 0L, 0),
            top.count("evaluate_every", 0L, 0),
            top.count("evaluate_tokens", 50_000L, 1),
            (int) top.count("score_items", 0L, 0));
    top.end();
    return recipe;
  }

  private static List<Phase> phases(Section top) {
    List<Phase> phases = new ArrayList<>();
    double sum = 0;
    for (Section section : top.sections("phases")) {
      Phase phase = new Phase(section.number("share", null, 0, 1), section.counts("length", 2));
      phases.add(phase);
      sum += phase.share();
    }
    if (phases.isEmpty()) {
      return List.of(new Phase(1, top.counts("length", 2)));
    }
    if (top.has("length")) {
      throw top.wrong("length", "either length or phases", "both");
    }
    if (Math.abs(sum - 1) > 1e-9) {
      throw top.wrong("phases", "shares that sum to 1", sum);
    }
    return List.copyOf(phases);
  }

  /** What the step at a point of a run of this many units reads. */
  Turn turn(long done, long end, long position) {
    List<Integer> lengths = lengthsAt(done, end);
    int microBatches = microBatches();
    long turn = position / microBatches;
    int place = (int) (turn % lengths.size());
    int length = lengths.get(place);
    long before = turn / lengths.size() * Collections.frequency(lengths, length)
        + Collections.frequency(lengths.subList(0, place), length);
    return new Turn(length, before * microBatches);
  }

  /** Batches that a step's gradient is the sum of. */
  public int microBatches() {
    return Math.max(1, batchTokens / microBatchTokens);
  }

  private List<Integer> lengthsAt(long done, long end) {
    double course = (double) done / end;
    double until = 0;
    for (Phase phase : phases) {
      until += phase.share();
      if (course < until) {
        return phase.lengths();
      }
    }
    return phases.get(phases.size() - 1).lengths();
  }

  /** Where the data goes on after a step; a phase of other lengths has its own data, from 0 on. */
  long positionAfter(long doneBefore, long doneAfter, long end, long position) {
    return isSamePhase(doneBefore, end, doneAfter, end) ? position + microBatches() : 0;
  }

  /** Tells whether two points of runs of these lengths have rows of the same lengths. */
  boolean isSamePhase(long done, long end, long otherDone, long otherEnd) {
    return lengthsAt(done, end).equals(lengthsAt(otherDone, otherEnd));
  }

  /** The longest row. */
  public int longest() {
    return phases.stream().flatMap(phase -> phase.lengths().stream()).mapToInt(Integer::intValue).max().orElseThrow();
  }

  /**
   * What a resumed run must have in common with the run it goes on with: all that changes a weight.
   * Where things lie, how often is written and evaluated, and threads may change; the contents of the
   * files are for the caller to add.
   */
  public Map<String, String> identity() {
    Map<String, String> identity = new TreeMap<>();
    identity.put("stage", Section.nameOf(stage));
    model.forEach((key, value) -> identity.put("model." + key, value));
    identity.put(Section.nameOf(unit), Long.toString(schedule.total()));
    identity.put("batch_tokens", Integer.toString(batchTokens));
    identity.put("micro_batch_tokens", Integer.toString(microBatchTokens));
    identity.put("phases", phases.toString());
    identity.put("packing", Section.nameOf(packing));
    identity.put(
        "order",
        order == Order.SHUFFLED ? "shuffled" : "curriculum " + curriculumGrowth + " in " + curriculumStages);
    identity.put("schedule", Section.nameOf(schedule.kind()));
    identity.put("learning_rate", Double.toString(schedule.peak()));
    identity.put("final_lr_share", Double.toString(schedule.floor()));
    identity.put("warmup_steps", Integer.toString(schedule.warmupSteps()));
    identity.put("decay_share", Double.toString(schedule.decayShare()));
    if (optimizer != Optimizer.ADAMW) {
      identity.put("optimizer", Section.nameOf(optimizer));
    }
    identity.put("betas", beta1 + ", " + beta2);
    identity.put("epsilon", Double.toString(epsilon));
    identity.put("weight_decay", Double.toString(weightDecay));
    identity.put("clip", Double.toString(clip));
    identity.put("prompt_loss_weight", Double.toString(promptLossWeight));
    identity.put("bpe_dropout", dropout.toString());
    identity.put("router_loss_weight", Double.toString(routerLossWeight));
    identity.put("cover_rare", Long.toString(coverRare));
    identity.put("seed", Long.toString(seed));
    identity.put("precision", Section.nameOf(precision));
    return identity;
  }
}
