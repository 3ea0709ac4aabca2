// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.steps.StepModel;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.ModelConfig;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.runtime.RuntimeOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "perplexity",
    header = "Measure how well a model predicts a text.",
    description = {
      "The text is tokenised whole and cut into windows of --context tokens (512 if not given), each"
          + " scored by itself: all_but_first over every token but a window's first, second_half"
          + " over those behind its middle.",
      ""
    })
final class PerplexityCommand implements Callable<Integer> {
  private static final int DEFAULT_CONTEXT = 512;
  private static final int PAGE_SIZE = 64;

  private final Streams streams;

  @Mixin private ModelArgument source;

  @Option(
      names = "--text",
      required = true,
      paramLabel = "FILE",
      description = "The text, in UTF-8.")
  private Path text;

  @Option(
      names = "--windows",
      paramLabel = "N",
      description = "Score the first N windows; the default is all.")
  private Integer windows;

  @Mixin private ModelOptions options;

  @Option(
      names = "--json",
      description = "Print one JSON object: tokens_scored, all_but_first, second_half and more.")
  private boolean json;

  PerplexityCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    ModelLocation model = source.location();
    int context = options.context() > 0 ? options.context() : DEFAULT_CONTEXT;
    ModelConfig config = config(model);
    if (context < 4 || context > config.contextLength()) {
      throw new CommandException(
          "--context: expected 4 to the model's "
              + config.contextLength()
              + " tokens, got "
              + context);
    }
    int[] ids = ModelText.read(model).tokenizer().encode(Files.readString(text));
    int count = numWindows(ids.length, context);
    int rows = Perplexity.rowsPerStep(config.vocabSize(), context);
    RuntimeOptions sizes =
        new RuntimeOptions(
            options.compute(),
            options.kvCache(),
            options.isa(),
            options.threads(),
            PAGE_SIZE,
            StepModel.pagesFor(context, PAGE_SIZE),
            rows,
            1,
            rows,
            options.activations());
    try (StepModel loaded = EngineLoader.openSteps(model, sizes, streams)) {
      Perplexity perplexity = new Perplexity(loaded.runtime(), context);
      long startNs = System.nanoTime();
      try (ProgressBar bar = new ProgressBar(streams, "scoring")) {
        for (int i = 0; i < count; i++) {
          perplexity.score(ids, i * context);
          bar.update(i + 1, count, String.format(Locale.ROOT, "%.3f", perplexity.allButFirst()));
        }
      }
      print(perplexity, count, context, (System.nanoTime() - startNs) * 1e-9);
    }
    return 0;
  }

  private static ModelConfig config(ModelLocation model) {
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      return checkpoint.config();
    }
  }

  private int numWindows(int tokens, int context) {
    int whole = tokens / context;
    if (whole == 0) {
      throw new CommandException(
          text + ": expected a text of at least " + context + " tokens, got " + tokens);
    }
    if (windows == null) {
      return whole;
    }
    if (windows < 1) {
      throw new CommandException("--windows: expected 1 or more, got " + windows);
    }
    return Math.min(windows, whole);
  }

  private void print(Perplexity result, int count, int context, double seconds)
      throws IOException {
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode object = mapper.createObjectNode();
      object.put("tokens_scored", result.tokensScored());
      CompletionJson.put(object, "all_but_first", result.allButFirst());
      CompletionJson.put(object, "second_half", result.secondHalf());
      object.put("windows", count);
      object.put("context", context);
      object.put("compute", ModelOptions.label(options.compute()));
      object.put("activations", ModelOptions.label(options.activations()));
      object.put("kv_cache", options.kvCacheLabel());
      object.put("tokens_per_s", result.tokensScored() / seconds);
      streams.out().println(mapper.writeValueAsString(object));
      return;
    }
    streams
        .out()
        .printf(
            Locale.ROOT,
            "all_but_first  %.4f%nsecond_half    %.4f%ntokens_scored  %d%n",
            result.allButFirst(),
            result.secondHalf(),
            result.tokensScored());
    streams.note(
        String.format(
            Locale.ROOT,
            "%d windows of %d tokens, %.0f tokens/s",
            count,
            context,
            result.tokensScored() / seconds));
  }
}
