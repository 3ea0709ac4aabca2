// SPDX-License-Identifier: Apache-2.0
// What the loop costs: the same batches go through the bare model, which is forward, backward and
// optimiser, and through a whole loop with data, metrics and checkpoints, in turns in one process.
package io.qwenjet.train.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Compares a loop with its bare model. For one thread. */
public final class LoopBench {
  private static final int WARM_STEPS = 3;

  private final Recipe recipe;
  private final StepMachine machine;
  private final StepData data;

  /**
   * The better of each side's rounds.
   *
   * @param bare tokens a second of the model alone
   * @param loop tokens a second of the whole loop
   * @param precision how the model computes
   */
  public record Result(double bare, double loop, String precision) {
    /** The loop's share of the bare speed. */
    public double ratio() {
      return loop / bare;
    }
  }

  /**
   * Prepares a comparison.
   *
   * @param recipe whose folder takes the loop's files; not null
   * @param machine is trained on the way; not null
   * @param data what both sides read; not null
   */
  public LoopBench(Recipe recipe, StepMachine machine, StepData data) {
    this.recipe = recipe;
    this.machine = machine;
    this.data = data;
  }

  /**
   * Runs both sides in turns.
   *
   * @param steps steps a round, at least 2; the first of each is not timed
   * @param rounds rounds, at least 1
   */
  public Result run(int steps, int rounds) throws IOException {
    List<StepData.Prepared> batches = new ArrayList<>();
    long end = recipe.schedule().total();
    long done = 0;
    long position = 0;
    while (batches.size() < steps) {
      Recipe.Turn turn = recipe.turn(done, end, position);
      StepData.Prepared made = data.make(turn.position(), turn.length(), recipe.batchTokens());
      batches.add(made);
      long before = done;
      done += recipe.unit() == Recipe.Unit.STEPS ? 1 : made.numTokens();
      if (done >= end) {
        throw new RecipeException("expected a run of more than " + steps + " steps, got " + batches.size());
      }
      position = recipe.positionAfter(before, done, end, position);
    }
    long tokens = batches.subList(1, steps).stream().mapToLong(StepData.Prepared::numTokens).sum();
    bare(batches.subList(0, Math.min(WARM_STEPS, steps)));
    List<Double> bare = new ArrayList<>();
    List<Double> loop = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      bare.add(tokens / bare(batches));
      loop.add(tokens / loop(steps));
    }
    return new Result(Collections.max(bare), Collections.max(loop), machine.precision());
  }

  private double bare(List<StepData.Prepared> batches) {
    double rate = recipe.schedule().peak();
    long begin = 0;
    for (int i = 0; i < batches.size(); i++) {
      machine.step(batches.get(i).batches(), rate);
      begin = i == 0 ? System.nanoTime() : begin;
    }
    return (System.nanoTime() - begin) * 1e-9;
  }

  private double loop(int steps) throws IOException {
    long[] times = new long[2];
    TrainLoop[] running = new TrainLoop[1];
    running[0] =
        new TrainLoop(
            recipe, Map.of(), machine, data, null, new CheckpointStore(recipe.out()),
            (state, outcome, rate, left) -> {
              times[state.step() == 1 ? 0 : 1] = System.nanoTime();
              if (state.step() == steps) {
                running[0].stop();
              }
            });
    running[0].run(RunState.start(machine.precision()), 0, Double.POSITIVE_INFINITY, 0);
    return (times[1] - times[0]) * 1e-9;
  }
}
