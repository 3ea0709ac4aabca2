// SPDX-License-Identifier: Apache-2.0
// The model of commands that look at models: the first argument, or --model as elsewhere, or the one
// that comes with the program.
package io.qwenjet.cli;

import io.qwenjet.engine.ModelLocation;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

final class ModelArgument {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "Checkpoint folder or .gguf file; the default is the small model that comes with the"
              + " program.")
  private Path argument;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "The same as an option.")
  private Path option;

  ModelLocation location() {
    if (argument != null && option != null) {
      throw new ParameterException(
          spec.commandLine(), "MODEL and --model: expected one of them, got both");
    }
    return ModelSource.location(argument != null ? argument : option, "MODEL", spec);
  }
}
