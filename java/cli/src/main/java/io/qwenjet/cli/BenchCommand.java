// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.bench.BenchRow;
import io.qwenjet.cli.bench.Ceiling;
import io.qwenjet.cli.bench.ProcessMemory;
import io.qwenjet.cli.bench.SpeedBench;
import io.qwenjet.cli.bench.Work;
import io.qwenjet.cli.steps.StepModel;
import io.qwenjet.engine.Activations;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.Isa;
import io.qwenjet.engine.MemoryPlan;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.runtime.Machine;
import io.qwenjet.engine.runtime.RuntimeOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "bench",
    header = "Measure speed and memory.",
    description = {
      "Prefill and decode speed, median and spread of --repeat samples, as shares of the read"
          + " bandwidth and the arithmetic rate that this process measures before and after.",
      ""
    })
final class BenchCommand implements Callable<Integer> {
  private static final int PAGE_SIZE = 64;
  private static final int CHUNK = 512;

  private final Streams streams;

  @Spec private CommandSpec spec;

  @Mixin private ModelArgument source;

  @Option(
      names = "--prompt",
      split = ",",
      paramLabel = "N",
      defaultValue = "512",
      description = "Lengths of prompts; 0 for none; default ${DEFAULT-VALUE}.")
  private List<Integer> prompts;

  @Option(
      names = "--generate",
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens to generate; 0 for none; default ${DEFAULT-VALUE}.")
  private int generate;

  @Option(
      names = "--depth",
      split = ",",
      paramLabel = "N",
      defaultValue = "0",
      description = "Tokens already in the KV cache; default ${DEFAULT-VALUE}.")
  private List<Integer> depths;

  @Option(
      names = "--batch",
      split = ",",
      paramLabel = "N",
      defaultValue = "1",
      description = "Sequences that generate at once; default ${DEFAULT-VALUE}.")
  private List<Integer> batches;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "5",
      description = "Samples of each; default ${DEFAULT-VALUE}.")
  private int repeat;

  @Mixin private ModelOptions options;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private final List<BenchRow> rows = new ArrayList<>();

  BenchCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    SpeedBench.Plan plan = plan();
    ModelLocation model = source.location();
    Isa isa = options.isa();
    int isaCode = isa == Isa.AUTO ? Machine.bestIsa() : isa.code();
    Ceiling ceiling =
        new Ceiling(isaCode, options.compute(), multipliesInt8(model), options.threads());
    streams.note("measuring the machine");
    ceiling.measure();
    ProcessMemory.resetPeak();
    RuntimeOptions sizes =
        new RuntimeOptions(
            options.compute(),
            options.kvCache(),
            isa,
            options.threads(),
            PAGE_SIZE,
            plan.numPages(PAGE_SIZE),
            plan.maxStepTokens(),
            plan.maxBatch(),
            plan.maxBatch(),
            options.activations());
    long startNs = System.nanoTime();
    try (StepModel loaded = EngineLoader.openSteps(model, sizes, streams)) {
      double loadS = (System.nanoTime() - startNs) * 1e-9;
      checkContext(plan, loaded);
      Work work = Work.of(loaded.runtime().config(), loaded.plan());
      new SpeedBench(loaded.runtime(), plan, work)
          .run(
              row -> {
                rows.add(row);
                streams.note(line(row, ceiling));
              });
      long peak = ProcessMemory.peakRssBytes();
      long nativePeak = peak < 0 ? -1 : peak - ProcessMemory.jvmBytes();
      long allowed = allowedBytes(loaded, plan.numPages(PAGE_SIZE));
      ceiling.measure();
      if (json) {
        ObjectNode object = toJson(model.name(), isaCode, ceiling, loadS, peak, nativePeak);
        object.put("native_limit_bytes", allowed);
        streams.out().println(new ObjectMapper().writeValueAsString(object));
      } else {
        print(ceiling, loadS, nativePeak, allowed);
      }
    }
    return 0;
  }

  /** Whether most weights are quantised and their products are of integers. */
  private boolean multipliesInt8(ModelLocation model) {
    MemoryPlan held = Engine.plan(model, options.engineOptions());
    return options.compute() == Compute.BFLOAT16
        && options.activations() != Activations.EXACT
        && 2 * held.quantizedParameters() > held.parameters();
  }

  private SpeedBench.Plan plan() {
    List<Integer> lengths = prompts.stream().filter(n -> n != 0).toList();
    check("--prompt", lengths, 1);
    check("--depth", depths, 0);
    check("--batch", batches, 1);
    check("--generate", List.of(generate), 0);
    check("--repeat", List.of(repeat), 1);
    return new SpeedBench.Plan(lengths, generate, depths, batches, repeat, CHUNK);
  }

  private void check(String name, List<Integer> values, int least) {
    for (int value : values) {
      if (value < least) {
        throw new ParameterException(
            spec.commandLine(), name + ": expected " + least + " or more, got " + value);
      }
    }
  }

  private void checkContext(SpeedBench.Plan plan, StepModel loaded) {
    int context = loaded.runtime().config().contextLength();
    if (plan.longest() > context) {
      throw new CommandException(
          "--depth, --prompt and --generate: expected at most the model's "
              + context
              + " tokens together, got "
              + plan.longest());
    }
  }

  /** The memory rule: weights, touched KV and activations, a tenth more, and 64 MB. */
  private static long allowedBytes(StepModel loaded, long pages) {
    long kv = pages * PAGE_SIZE * loaded.plan().kvBytesPerToken();
    long held = loaded.plan().weightsBytes() + kv + loaded.plan().activationBytes();
    return held + held / 10 + (64L << 20);
  }

  private static String line(BenchRow row, Ceiling ceiling) {
    return String.format(
        Locale.ROOT,
        "%-8s tokens %5d  depth %6d  batch %3d  %9.2f tokens/s [%.2f - %.2f]"
            + "  bandwidth %5.1f %%  rate %5.1f %%  outside native %.2f %%",
        row.kind(),
        row.tokens(),
        row.depth(),
        row.batch(),
        row.tokensPerS(),
        row.min(),
        row.max(),
        100 * row.bandwidthShare(ceiling),
        100 * row.rateShare(ceiling),
        100 * row.javaShare());
  }

  private void print(Ceiling ceiling, double loadS, long nativePeak, long allowed) {
    // The shares again: the second look at the machine may have raised what they divide by.
    rows.forEach(row -> streams.out().println(line(row, ceiling)));
    streams
        .out()
        .printf(
            Locale.ROOT,
            "load %.2f s, first token %s, native peak %s (rule: at most %s), read %.1f GB/s,"
                + " %.0f GFLOP/s%n",
            loadS,
            Double.isNaN(ttftS()) ? "-" : String.format(Locale.ROOT, "%.3f s", ttftS()),
            EngineLoader.gigabytes(nativePeak),
            EngineLoader.gigabytes(allowed),
            ceiling.bytesPerS() * 1e-9,
            ceiling.flopPerS() * 1e-9);
  }

  /** Time to the first token of the first prompt at the smallest depth measured. */
  private double ttftS() {
    return rows.stream()
        .filter(row -> row.kind().equals("prefill"))
        .mapToDouble(BenchRow::medianS)
        .findFirst()
        .orElse(Double.NaN);
  }

  private ObjectNode toJson(
      String model, int isa, Ceiling ceiling, double loadS, long peak, long nativePeak) {
    ObjectNode object = new ObjectMapper().createObjectNode();
    object.put("model", model);
    object.put("isa", Machine.isaName(isa));
    object.put("threads", options.threads());
    object.put("dtype", ModelOptions.label(options.compute()));
    object.put("activations", ModelOptions.label(options.activations()));
    object.put("kv_cache", options.kvCacheLabel());
    ArrayNode list = object.putArray("rows");
    for (BenchRow row : rows) {
      ObjectNode one = list.addObject();
      one.put("kind", row.kind());
      one.put("tokens", row.tokens());
      one.put("depth", row.depth());
      one.put("batch", row.batch());
      one.put("tokens_per_s", row.tokensPerS());
      one.put("min", row.min());
      one.put("max", row.max());
      one.put("bandwidth_share", row.bandwidthShare(ceiling));
      one.put("rate_share", row.rateShare(ceiling));
      one.put("java_share", row.javaShare());
    }
    CompletionJson.put(object, "ttft_s", ttftS());
    object.put("load_s", loadS);
    object.put("peak_rss_bytes", peak);
    object.put("native_peak_bytes", nativePeak);
    object.put("read_gb_per_s", ceiling.bytesPerS() * 1e-9);
    object.put("gflop_per_s", ceiling.flopPerS() * 1e-9);
    return object;
  }
}
