// SPDX-License-Identifier: Apache-2.0
/** Runs language models inside this process. */
@SuppressWarnings("module")
module io.qwenjet.engine {
  requires com.fasterxml.jackson.databind;
  requires io.qwenjet.bindings;
  requires org.slf4j;

  exports io.qwenjet.engine;
  exports io.qwenjet.engine.text;
  exports io.qwenjet.engine.template to
      io.qwenjet.cli;
  exports io.qwenjet.engine.runtime to
      io.qwenjet.cli;
}
