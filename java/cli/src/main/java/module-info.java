// SPDX-License-Identifier: Apache-2.0
/** The command line of Qwenjet. */
module io.qwenjet.cli {
  requires com.fasterxml.jackson.databind;
  requires info.picocli;
  requires io.qwenjet.engine;
  requires io.qwenjet.eval;
  requires java.management;
  requires org.jline;
  requires org.slf4j;

  exports io.qwenjet.cli;

  uses io.qwenjet.cli.CommandProvider;

  opens io.qwenjet.cli to
      info.picocli;
}
