// SPDX-License-Identifier: Apache-2.0
// What somebody sees who starts chat without a model: what answers here, what it can be asked, and
// how to get more.
package io.qwenjet.cli;

import io.qwenjet.engine.EmbeddedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

final class Welcome {
  private static final int NUM_PROMPTS = 3;

  private Welcome() {}

  /** Lines about the embedded model. */
  static List<String> embedded() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "This is %s, a model of %,d parameters that comes with the program. It can do little.",
            EmbeddedModel.name(),
            EmbeddedModel.parameters()));
    List<String> prompts = EmbeddedModel.prompts();
    if (!prompts.isEmpty()) {
      lines.add("Try:");
      prompts.stream().limit(NUM_PROMPTS).forEach(prompt -> lines.add("  " + prompt));
    }
    lines.add(
        "For a real model: qwenjet chat --model PATH, a checkpoint folder or a .gguf file as Hugging"
            + " Face offers them.");
    return lines;
  }
}
