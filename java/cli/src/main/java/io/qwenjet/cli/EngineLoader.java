// SPDX-License-Identifier: Apache-2.0
// Opens engines, and models at the level of steps, with a progress bar.
package io.qwenjet.cli;

import io.qwenjet.cli.steps.StepModel;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.EngineOptions;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.runtime.RuntimeOptions;
import java.util.Locale;

final class EngineLoader {
  private EngineLoader() {}

  static Engine open(ModelLocation model, EngineOptions options, Streams streams) {
    try (ProgressBar bar = new ProgressBar(streams, "loading " + model.name())) {
      return Engine.open(
          model,
          options.loadListener((done, total) -> bar.update(done, total, gigabytes(total))));
    }
  }

  static StepModel openSteps(ModelLocation model, RuntimeOptions sizes, Streams streams) {
    try (ProgressBar bar = new ProgressBar(streams, "loading " + model.name())) {
      return StepModel.open(
          model, sizes, (done, total) -> bar.update(done, total, gigabytes(total)));
    }
  }

  static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes * 1e-9);
  }
}
