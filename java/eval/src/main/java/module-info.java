// SPDX-License-Identifier: Apache-2.0
/** Scores models with frozen items. */
module io.qwenjet.eval {
  requires com.fasterxml.jackson.databind;
  requires io.qwenjet.corpus;
  requires transitive io.qwenjet.engine;

  exports io.qwenjet.eval;
}
