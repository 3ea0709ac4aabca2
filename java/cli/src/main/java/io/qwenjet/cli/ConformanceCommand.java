// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.conformance.CaseRunner;
import io.qwenjet.cli.conformance.ConformanceCase;
import io.qwenjet.cli.conformance.RowAgreement;
import io.qwenjet.cli.conformance.RunResult;
import io.qwenjet.cli.conformance.RunResult.Status;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.KvCache;
import io.qwenjet.engine.runtime.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "conformance",
    header = "Compare a model with recorded results of the reference implementation.",
    description = {
      "A case is a folder with a checkpoint (config.json and safetensors, or model.gguf) beside"
          + " golden.json and golden.safetensors. Every run is computed by token ids; its logits"
          + " must be within the limit and its greedy tokens the same. Without --compute both"
          + " number types are run; where a case has no bfloat16 reference, bfloat16 is reported"
          + " and not judged by itself (and so is float32 with --activations int8 or int16): of all rows reported whose best logit is clear of the second,"
          + " 97 %% must have the reference's best token. Exit status 1 if that or a run fails.",
      ""
    })
final class ConformanceCommand implements Callable<Integer> {
  private final Streams streams;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "CASE_DIR",
      description = "A case, or a folder of cases.")
  private List<Path> folders;

  @Mixin private ModelOptions options;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "Where to compute: cpu, the default.")
  private String device;

  @Option(
      names = "--page-size",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens of a KV page, a power of two from 16 on; default ${DEFAULT-VALUE}.")
  private int pageSize;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      defaultValue = "512",
      description = "Prompt tokens of a step; default ${DEFAULT-VALUE}.")
  private int chunk;

  @Option(names = "--json", description = "Print one JSON object with a list of runs.")
  private boolean json;

  private final List<RunResult> results = new ArrayList<>();

  ConformanceCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    checkOptions();
    List<Path> cases = cases();
    CaseRunner runner =
        new CaseRunner(
            new CaseRunner.Settings(
                options.kvCache(),
                options.activations(),
                options.isa(),
                options.threads(),
                pageSize,
                chunk));
    if (!json) {
      streams.out().println(
          row(
              "case", "compute", "run", "error", "limit", "hidden", "KL", "top-1", "tokens",
              "result"));
    }
    for (Path folder : cases) {
      run(runner, folder);
    }
    long failed = results.stream().filter(r -> r.status() == Status.FAILED).count();
    RowAgreement reported = RunResult.reported(results);
    boolean passed = failed == 0 && RunResult.isEnough(reported);
    if (json) {
      streams.out().println(new ObjectMapper().writeValueAsString(toJson(passed, reported)));
    } else {
      streams.out().println();
      streams.out().println(summary(failed));
      if (reported.rows() > 0) {
        streams.out().println(summary(reported));
      }
    }
    return passed ? 0 : Main.FAILED;
  }

  private void run(CaseRunner runner, Path folder) {
    ConformanceCase golden;
    try {
      golden = ConformanceCase.read(folder);
    } catch (IOException | InferenceException | InvalidRequestException e) {
      String name = folder.getFileName().toString();
      computes().forEach(c -> take(RunResult.failed(name, c, "-", ErrorText.of(e))));
      return;
    }
    computes().forEach(compute -> runner.run(golden, compute, this::take));
  }

  private void checkOptions() {
    if (!device.equals("cpu") && !device.equals("auto")) {
      throw new ParameterException(
          spec.commandLine(), "--device: expected cpu, got " + device);
    }
    if (pageSize < 16 || pageSize > 1024 || Integer.bitCount(pageSize) != 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--page-size: expected a power of two, 16 to 1024, got " + pageSize);
    }
    if (chunk < 1) {
      throw new ParameterException(
          spec.commandLine(), "--chunk: expected 1 or more, got " + chunk);
    }
  }

  private List<Path> cases() throws IOException {
    List<Path> cases = new ArrayList<>();
    for (Path folder : folders) {
      List<Path> found = ConformanceCase.find(folder);
      if (found.isEmpty()) {
        throw new CommandException(
            folder + ": expected a case (golden.json beside a checkpoint) or a folder of cases");
      }
      cases.addAll(found);
    }
    return cases;
  }

  private List<Compute> computes() {
    return options.givenCompute() == null
        ? List.of(Compute.FLOAT32, Compute.BFLOAT16)
        : List.of(options.givenCompute());
  }

  private void take(RunResult r) {
    results.add(r);
    if (json) {
      return;
    }
    String verdict = r.status().label() + (r.message().isEmpty() ? "" : ": " + r.message());
    streams.out().println(
        row(
            r.caseName(),
            ModelOptions.label(r.compute()),
            r.run(),
            number(r.relErr()),
            number(r.limit()),
            number(r.hiddenRelErr()),
            number(r.agreement().meanKl()),
            r.agreement().rows() == 0
                ? "-"
                : r.agreement().top1Equal() + "/" + r.agreement().rows(),
            r.tokens() == 0 ? "-" : r.tokensEqual() + "/" + r.tokens(),
            verdict));
  }

  private static String row(String... cells) {
    return String.format(
        Locale.ROOT, "%-26s %-9s %-8s %9s %9s %9s %9s %7s %7s  %s", (Object[]) cells);
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2e", value);
  }

  private String summary(long failed) {
    long reported = results.stream().filter(r -> r.status() == Status.REPORTED).count();
    long passed = results.size() - failed - reported;
    long unsupported = results.stream().filter(RunResult::isUnsupported).count();
    return passed
        + " passed, "
        + failed
        + " failed"
        + (unsupported > 0 ? " (" + unsupported + " of them not supported)" : "")
        + (reported > 0 ? ", " + reported + " reported" : "")
        + " ("
        + settingsText()
        + ")";
  }

  private static String summary(RowAgreement reported) {
    return String.format(
        Locale.ROOT,
        "reported runs: mean KL %.2e, top-1 equal in %d of %d rows, in %d of the %d with a clear margin"
            + " (%.1f %%): %s",
        reported.meanKl(),
        reported.top1Equal(),
        reported.rows(),
        reported.clearEqual(),
        reported.clearRows(),
        100 * reported.clearShare(),
        RunResult.isEnough(reported) ? "enough" : "too few");
  }

  /** Runs are of both number types, so that there is no one label. */
  private String kvCacheText() {
    return options.kvCache() == KvCache.INT8 ? "int8" : "as computed";
  }

  private String settingsText() {
    return String.format(
        Locale.ROOT,
        "activations %s, KV cache %s, page size %d, chunk %d, %d threads, %s",
        ModelOptions.label(options.activations()),
        kvCacheText(),
        pageSize,
        chunk,
        options.threads(),
        isaName());
  }

  private String isaName() {
    int code = options.isa().code();
    return Machine.isaName(code < 0 ? Machine.bestIsa() : code);
  }

  private ObjectNode toJson(boolean passed, RowAgreement reported) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode object = mapper.createObjectNode();
    object.put("passed", passed);
    object.put("activations", ModelOptions.label(options.activations()));
    object.put("kv_cache", kvCacheText());
    object.put("isa", isaName());
    object.put("threads", options.threads());
    object.put("page_size", pageSize);
    object.put("chunk", chunk);
    put(object.putObject("reported"), reported);
    ArrayNode runs = object.putArray("runs");
    for (RunResult r : results) {
      ObjectNode run = runs.addObject();
      run.put("case", r.caseName());
      run.put("compute", ModelOptions.label(r.compute()));
      run.put("run", r.run());
      CompletionJson.put(run, "rel_err", r.relErr());
      CompletionJson.put(run, "limit", r.limit());
      CompletionJson.put(run, "hidden_rel_err", r.hiddenRelErr());
      put(run, r.agreement());
      run.put("tokens_equal", r.tokensEqual());
      run.put("tokens", r.tokens());
      run.put("status", r.status().label());
      run.put("message", r.message());
    }
    return object;
  }

  private static void put(ObjectNode object, RowAgreement agreement) {
    CompletionJson.put(object, "mean_kl", agreement.meanKl());
    object.put("rows", agreement.rows());
    object.put("top1_equal", agreement.top1Equal());
    object.put("clear_rows", agreement.clearRows());
    object.put("clear_equal", agreement.clearEqual());
  }
}
