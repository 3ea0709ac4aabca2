// SPDX-License-Identifier: Apache-2.0
/** A deterministic generator of training text. */
module io.qwenjet.corpus {
  requires com.fasterxml.jackson.databind;

  exports io.qwenjet.corpus;
}
