// SPDX-License-Identifier: Apache-2.0
// The child process of KillTest: a run of the toy machine that goes on from what it finds, with
// checkpoints that are written slowly so that a kill meets one half way.
package io.qwenjet.train.run;

import java.nio.file.Path;

final class ToyRun {
  private ToyRun() {}

  /** FOLDER STEPS MILLISECONDS-A-BLOCK. */
  public static void main(String[] args) throws Exception {
    Path out = Path.of(args[0]);
    long pauseMs = Long.parseLong(args[2]);
    run(out, Integer.parseInt(args[1]), pauseMs);
  }

  static TrainLoop.Ending run(Path out, int steps, long pauseMs) throws Exception {
    Recipe recipe = Toy.recipe(out.toString(), steps);
    CheckpointStore store = new CheckpointStore(out, () -> pause(pauseMs));
    try (Toy toy = new Toy()) {
      RunState state = RunState.start("float32");
      long metricsBytes = 0;
      Path newest = store.newest(System.err::println);
      if (newest != null) {
        CheckpointStore.Header header = CheckpointStore.read(newest, toy.state());
        state = header.run();
        metricsBytes = header.metricsBytes();
        toy.restored(state.step());
      }
      TrainLoop.Observer silent = (now, outcome, rate, left) -> {};
      return new TrainLoop(recipe, recipe.identity(), toy, Toy.data(), null, store, silent)
          .run(state, metricsBytes, Double.POSITIVE_INFINITY, 0);
    }
  }

  private static void pause(long ms) {
    if (ms > 0) {
      try {
        Thread.sleep(ms);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
