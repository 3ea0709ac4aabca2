// SPDX-License-Identifier: Apache-2.0
// How tokens are chosen and when an answer ends. What is not given comes from the model's
// generation_config.json, else the answer is greedy.
package io.qwenjet.cli;

import io.qwenjet.engine.SamplingParameters;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 is greedy; higher is more varied.")
  private Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Choose among the K most likely tokens; 0 for all.")
  private Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Choose among the most likely tokens that together have probability P.")
  private Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Leave out tokens less likely than P times the most likely one.")
  private Double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Above 1: tokens of the prompt and the answer become less likely.")
  private Double repetitionPenalty;

  @Option(
      names = "--presence-penalty",
      paramLabel = "R",
      description = "-2 to 2: taken from the logits of tokens that the answer has.")
  private Double presencePenalty;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "R",
      description = "-2 to 2: the same for each time that the answer has them.")
  private Double frequencyPenalty;

  @Option(
      names = "--logit-bias",
      paramLabel = "ID=BIAS",
      description = "Added to the logit of a token; may be given many times.")
  private Map<Integer, Double> logitBias;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The same seed gives the same answer; the default is a random one.")
  private Long seed;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Longest answer; the default is the model's, else 1024, or what the context leaves.")
  private Integer maxTokens;

  @Option(
      names = "--min-tokens",
      paramLabel = "N",
      description = "The answer does not end before it has N tokens.")
  private Integer minTokens;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End the answer where this text comes; may be given many times.")
  private List<String> stop;

  @Option(
      names = "--stop-id",
      paramLabel = "ID",
      description = "End the answer at this token; may be given many times.")
  private List<Integer> stopIds;

  @Option(
      names = "--ignore-eos",
      description = "Go on after end-of-sequence tokens, for measurements.")
  private boolean ignoreEos;

  /** Sets what was given. */
  void applyTo(SamplingParameters.Builder builder) {
    set(temperature, builder::temperature);
    set(topK, builder::topK);
    set(topP, builder::topP);
    set(minP, builder::minP);
    set(repetitionPenalty, builder::repetitionPenalty);
    set(presencePenalty, builder::presencePenalty);
    set(frequencyPenalty, builder::frequencyPenalty);
    set(seed, builder::seed);
    set(maxTokens, builder::maxTokens);
    set(minTokens, builder::minTokens);
    set(stop, builder::stop);
    set(stopIds, builder::stopTokenIds);
    if (logitBias != null) {
      logitBias.forEach(builder::logitBias);
    }
    if (ignoreEos) {
      builder.ignoreEos(true);
    }
  }

  private static <T> void set(T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
