// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.quantize.OutputFolder;
import io.qwenjet.cli.quantize.QuantizeReport;
import io.qwenjet.cli.quantize.QuantizedConfig;
import io.qwenjet.cli.quantize.TextFile;
import io.qwenjet.cli.quantize.TokenText;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.UnsupportedModelException;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.Machine;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.runtime.QuantizeMethod;
import io.qwenjet.engine.runtime.QuantizeSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "quantize",
    header = "Write a copy of a model with weights of 4 or 8 bits.",
    description = {
      "Reads a folder with bf16, f16 or f32 safetensors (or \"nano\", the model that comes with the"
          + " program) and writes compressed-tensors' pack-quantized form, which vLLM, transformers"
          + " and this program load. One layer is in memory at a time.",
      "",
      "With --calibration the weights are fitted to that text, by activation-aware scaling (awq) and"
          + " by making up for errors (gptq), and the better of the two on its last tenth is kept."
          + " Without it, weights are rounded to nearest with searched scales (rtn).",
      "",
      "Experts of mixture-of-experts models are rounded to nearest; such models do not run here yet,"
          + " so nothing is measured for them.",
      ""
    })
final class QuantizeCommand implements Callable<Integer> {
  private static final String NANO = "nano";
  private static final String BUILT_IN_TEXT = "quantize/evaluation.txt";
  private static final long MAX_SHARD_BYTES = 5_000_000_000L;
  private static final double HELD_OUT = 0.9;
  private static final int EVALUATION_SHARE = 8;

  private final Streams streams;

  @Spec private CommandSpec spec;

  @Mixin private ModelArgument source;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "TYPE",
      description = "int4 or int8.")
  private String type;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder to write; new or empty.")
  private Path out;

  @Option(
      names = "--group-size",
      paramLabel = "N",
      defaultValue = "128",
      description = "Weights of a row that share a scale: 32, 64 or 128; default ${DEFAULT-VALUE}.")
  private int groupSize;

  @Option(
      names = "--asymmetric",
      description = "Give every group a zero point: a little better and larger.")
  private boolean asymmetric;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description =
          "Text that the model should do well on: plain, or JSON lines of {\"text\": ...} or"
              + " {\"messages\": [...]}.")
  private Path calibration;

  @Option(
      names = "--calibration-tokens",
      paramLabel = "N",
      defaultValue = "32768",
      description = "Tokens taken from it, evenly spread; default ${DEFAULT-VALUE}.")
  private int calibrationTokens;

  @Option(
      names = "--sequence",
      paramLabel = "N",
      defaultValue = "512",
      description = "Most tokens of a sequence; default ${DEFAULT-VALUE}.")
  private int sequence;

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      defaultValue = "auto",
      description =
          "auto (the best of awq and gptq, or rtn without --calibration), rtn, awq, gptq or"
              + " awq-gptq (both in turn); default ${DEFAULT-VALUE}.")
  private String method;

  @Option(
      names = "--embeddings",
      paramLabel = "TYPE",
      defaultValue = "keep",
      description =
          "keep, or int8 for the embedding and the head too, a scale a row (other programs may not"
              + " load that); default ${DEFAULT-VALUE}.")
  private String embeddings;

  @Option(
      names = "--evaluate",
      paramLabel = "FILE",
      description =
          "Text to measure on; the default is the last tenth of --calibration, or a short text that"
              + " comes with the program.")
  private Path evaluate;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Compute threads; the default is one a processor.")
  private Integer threads;

  @Option(
      names = "--isa",
      paramLabel = "PATH",
      converter = ModelOptions.IsaName.class,
      description = "Force an instruction-set path, as in other commands.")
  private Isa isa = Isa.AUTO;

  @Option(names = "--json", description = "Print the report as one JSON object.")
  private boolean json;

  QuantizeCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    checkOptions();
    ModelLocation model = location();
    OutputFolder.requireNewOrEmpty(out);
    ObjectNode config = QuantizedConfig.read(model);
    long startNs = System.nanoTime();
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      boolean hasGraph = hasGraph(checkpoint);
      Set<QuantizeMethod> methods = methods(hasGraph);
      TokenText text = hasGraph ? text(model, checkpoint) : TokenText.of(List.of(), List.of());
      QuantizeSettings settings = settings(methods, text);
      QuantizeReport.Sizes sizes = QuantizeReport.sizes(checkpoint.tensorsJson(), settings);
      try (OutputFolder folder =
          new OutputFolder(out, sizes.expectedBytes() * methods.size())) {
        JsonNode measured =
            new ObjectMapper().readTree(quantize(checkpoint, settings, text, folder, model));
        String best = QuantizeReport.best(measured);
        folder.publish(
            best, QuantizedConfig.write(config, settings, measured.path("ignore")), model);
        print(
            new QuantizeReport(
                model.name(), out, settings, measured, best, sizes.storedBytes(),
                (System.nanoTime() - startNs) * 1e-9));
      }
    }
    return 0;
  }

  private String quantize(
      Checkpoint checkpoint,
      QuantizeSettings settings,
      TokenText text,
      OutputFolder folder,
      ModelLocation model) {
    try (ProgressBar bar = new ProgressBar(streams, "quantising " + model.name())) {
      return checkpoint.quantize(
          settings,
          text.ids(),
          text.lengths(),
          folder.temporary(),
          (done, total) -> bar.update(done, total, EngineLoader.gigabytes(total)));
    }
  }

  private void print(QuantizeReport report) throws IOException {
    if (json) {
      streams.out().println(new ObjectMapper().writeValueAsString(report.toJson()));
    } else {
      report.toText().forEach(streams.out()::println);
    }
  }

  /** "nano" is the embedded model unless a folder is called so. */
  private ModelLocation location() {
    ModelLocation named = source.location();
    boolean isNano = named.toString().equals(NANO) && !Files.exists(named.path());
    return isNano ? ModelLocation.embedded() : named;
  }

  private boolean hasGraph(Checkpoint checkpoint) {
    try {
      checkpoint.config();
      return true;
    } catch (UnsupportedModelException e) {
      streams.note(
          "this model does not run here ("
              + e.getMessage()
              + "): its matrices are rounded to nearest and nothing is measured");
      return false;
    }
  }

  private Set<QuantizeMethod> methods(boolean hasGraph) {
    if (method.equals("auto")) {
      return hasGraph && calibration != null
          ? EnumSet.of(QuantizeMethod.AWQ, QuantizeMethod.GPTQ)
          : EnumSet.of(QuantizeMethod.RTN);
    }
    QuantizeMethod named =
        EnumSet.allOf(QuantizeMethod.class).stream()
            .filter(candidate -> candidate.label().equals(method))
            .findFirst()
            .orElseThrow(
                () -> usage("--method: expected auto, rtn, awq, gptq or awq-gptq, got " + method));
    if (named.needsCalibration() && !hasGraph) {
      throw new CommandException(
          "--method: expected rtn for a model that does not run here, got " + method);
    }
    return EnumSet.of(named);
  }

  private TokenText text(ModelLocation model, Checkpoint checkpoint) throws IOException {
    ModelText files = ModelText.read(model);
    int length = Math.min(sequence, checkpoint.config().contextLength());
    int measured = Math.max(calibrationTokens / EVALUATION_SHARE, length);
    List<int[]> fitted = List.of();
    List<int[]> evaluated = List.of();
    if (calibration != null) {
      TextFile file = new TextFile(calibration, files, length);
      fitted = file.sequences(0, evaluate == null ? HELD_OUT : 1, calibrationTokens);
      if (evaluate == null) {
        evaluated = file.sequences(HELD_OUT, 1, measured);
      }
      if (fitted.isEmpty() || evaluate == null && evaluated.isEmpty()) {
        throw new CommandException(
            calibration + ": expected text enough for two sequences, got less");
      }
    }
    if (evaluate != null) {
      evaluated = new TextFile(evaluate, files, length).sequences(0, 1, measured);
      if (evaluated.isEmpty()) {
        throw new CommandException(evaluate + ": expected a text, got less than two tokens");
      }
    } else if (calibration == null && files.hasTokenizer()) {
      evaluated = TextFile.windows(files.tokenizer().encode(builtInText()), length, measured);
    }
    return TokenText.of(fitted, evaluated);
  }

  private static String builtInText() throws IOException {
    try (InputStream in = QuantizeCommand.class.getResourceAsStream(BUILT_IN_TEXT)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private QuantizeSettings settings(Set<QuantizeMethod> methods, TokenText text) {
    return new QuantizeSettings(
        type.equals("int4") ? 4 : 8,
        groupSize,
        asymmetric,
        methods,
        embeddings.equals("int8"),
        Machine.requireIsa(isa),
        threads == null ? Runtime.getRuntime().availableProcessors() : threads,
        text.numCalibration(),
        text.numEvaluation(),
        MAX_SHARD_BYTES);
  }

  private void checkOptions() {
    if (!type.equals("int4") && !type.equals("int8")) {
      throw usage("--to: expected int4 or int8, got " + type);
    }
    if (!Set.of(32, 64, 128).contains(groupSize)) {
      throw usage("--group-size: expected 32, 64 or 128, got " + groupSize);
    }
    if (!embeddings.equals("keep") && !embeddings.equals("int8")) {
      throw usage("--embeddings: expected keep or int8, got " + embeddings);
    }
    if (calibrationTokens < 16) {
      throw usage("--calibration-tokens: expected 16 or more, got " + calibrationTokens);
    }
    if (sequence < 2) {
      throw usage("--sequence: expected 2 or more, got " + sequence);
    }
    if (threads != null && threads < 1) {
      throw usage("--threads: expected 1 or more, got " + threads);
    }
    if (calibration == null && !method.equals("auto") && !method.equals("rtn")) {
      throw usage("--method " + method + ": expected --calibration FILE, got none");
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
