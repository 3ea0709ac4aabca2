// SPDX-License-Identifier: Apache-2.0
// Which model a command for people runs. Until one comes with the program, it has to be named.
package io.qwenjet.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

final class ModelSource {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "Checkpoint folder (config.json, *.safetensors) or .gguf file.")
  private Path model;

  /** The model; none is wrong usage and says how to get one. */
  Path required() {
    if (model == null) {
      throw new ParameterException(
          spec.commandLine(),
          "expected --model MODEL, got none. A MODEL is a folder with config.json and *.safetensors,"
              + " or a .gguf file, as Hugging Face offers them (for example Qwen/Qwen3-0.6B)."
              + " For speed tests without a download: ./qwenjet synthesize qwen3-0.6b --out DIR");
    }
    return model;
  }
}
