// SPDX-License-Identifier: Apache-2.0
// How a module above the command line adds commands to it: found by ServiceLoader, so that the
// command line neither needs nor names the modules that bring them.
package io.qwenjet.cli;

import java.util.List;

/** Commands of another module; a provider is named in its META-INF/services. */
public interface CommandProvider {
  /**
   * The commands, in the order of the help, which lists them after those of this module.
   *
   * @param streams where the commands read and write; never null
   * @return objects that picocli takes as commands; never null, made anew at each call
   */
  List<Object> commands(Streams streams);
}
