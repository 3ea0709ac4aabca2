// SPDX-License-Identifier: Apache-2.0
// What java/train adds to the command line; named in META-INF/services.
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandProvider;
import io.qwenjet.cli.Streams;
import java.util.List;

/** Adds {@code train}. */
public final class TrainCommands implements CommandProvider {
  /** For ServiceLoader. */
  public TrainCommands() {}

  @Override
  public List<Object> commands(Streams streams) {
    return List.of(new TrainCommand(streams));
  }
}
