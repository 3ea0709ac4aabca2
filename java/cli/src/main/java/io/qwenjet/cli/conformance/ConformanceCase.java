// SPDX-License-Identifier: Apache-2.0
// A case on disk: a checkpoint beside golden.json (what was run) and golden.safetensors (tensors named
// RUN/what).
package io.qwenjet.cli.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.ModelFormatException;
import io.qwenjet.engine.runtime.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A checkpoint and what it must compute.
 *
 * @param name of the folder
 * @param model the folder, or the .gguf file in it
 * @param architecture as golden.json names it
 * @param runs the prompts and their results
 */
public record ConformanceCase(
    String name, Path model, String architecture, List<GoldenRun> runs) {
  private static final String GOLDEN_JSON = "golden.json";

  /** The folder itself if it is a case, else the cases in it by name. */
  public static List<Path> find(Path folder) throws IOException {
    if (Files.exists(folder.resolve(GOLDEN_JSON))) {
      return List.of(folder);
    }
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> inside = Files.list(folder)) {
      return inside.filter(p -> Files.exists(p.resolve(GOLDEN_JSON))).sorted().toList();
    }
  }

  /**
   * Reads a case.
   *
   * @throws ModelFormatException if golden.json is none
   */
  public static ConformanceCase read(Path folder) throws IOException {
    JsonNode json = new ObjectMapper().readTree(folder.resolve(GOLDEN_JSON).toFile());
    if (!json.path("runs").isArray()) {
      throw new ModelFormatException(
          folder.resolve(GOLDEN_JSON) + ": expected an object with a list of runs, got " + json);
    }
    Path gguf = folder.resolve("model.gguf");
    List<GoldenRun> runs = new ArrayList<>();
    try (NativeTensors tensors = NativeTensors.open(folder.resolve("golden.safetensors"))) {
      for (JsonNode run : json.path("runs")) {
        runs.add(readRun(run, tensors));
      }
    }
    return new ConformanceCase(
        folder.toAbsolutePath().normalize().getFileName().toString(),
        Files.exists(gguf) ? gguf : folder,
        json.path("architecture").asText(),
        runs);
  }

  /** Tokens of the longest run, prompt and continuation. */
  int longest() {
    return runs.stream().mapToInt(r -> r.promptIds().length + r.generated().length).max().orElse(1);
  }

  private static GoldenRun readRun(JsonNode run, NativeTensors tensors) {
    String name = run.path("run").asText();
    String hidden = name + "/hidden";
    return new GoldenRun(
        name,
        run.path("kind").asText(),
        tensors.ints(name + "/input_ids"),
        tensors.floats(name + "/logits"),
        (int) tensors.info(name + "/logits").shape()[0],
        tensors.ints(name + "/generated"),
        tensors.floats(name + "/margin"),
        tensors.names().contains(hidden) ? tensors.floats(hidden) : null,
        run.path("reference_bf16_rel_err").asDouble(Double.NaN),
        run.path("logit_std").asDouble(Double.NaN));
  }
}
