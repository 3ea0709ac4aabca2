// SPDX-License-Identifier: Apache-2.0
// Which model a command for people runs: the one that is named, else the one that comes with the
// program.
package io.qwenjet.cli;

import io.qwenjet.engine.EmbeddedModel;
import io.qwenjet.engine.ModelLocation;
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
      description =
          "Checkpoint folder (config.json, *.safetensors) or .gguf file; the default is the small"
              + " model that comes with the program.")
  private Path model;

  /** The model; where none is named and none comes with the program, that is wrong usage. */
  ModelLocation location() {
    return location(model, "--model MODEL", spec);
  }

  /** The same for a model that was named in another way. */
  static ModelLocation location(Path named, String expected, CommandSpec spec) {
    if (named != null) {
      return ModelLocation.of(named);
    }
    if (!EmbeddedModel.isPresent()) {
      throw new ParameterException(
          spec.commandLine(),
          "expected "
              + expected
              + ", got none, and this build has no embedded model. A MODEL is a folder with"
              + " config.json and *.safetensors, or a .gguf file, as Hugging Face offers them (for"
              + " example Qwen/Qwen3-0.6B). For speed tests without a download: ./qwenjet synthesize"
              + " qwen3-0.6b --out DIR");
    }
    return ModelLocation.embedded();
  }
}
