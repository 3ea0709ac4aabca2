// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "train",
    synopsisSubcommandLabel = "STAGE",
    header = "Make training data, a tokenizer and a model; java/train/README.md explains recipes.",
    description = "")
final class TrainCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a stage, got none");
  }
}
