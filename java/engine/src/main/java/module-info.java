// SPDX-License-Identifier: Apache-2.0
/** Runs language models inside this process. */
module io.qwenjet.engine {
  requires com.fasterxml.jackson.databind;
  requires io.qwenjet.bindings;
  requires org.slf4j;

  exports io.qwenjet.engine;
}
