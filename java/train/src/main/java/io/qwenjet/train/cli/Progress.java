// SPDX-License-Identifier: Apache-2.0
// What a run shows while it goes on: a bar on a terminal, a line every 20 seconds elsewhere.
package io.qwenjet.train.cli;

import io.qwenjet.cli.ProgressBar;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.run.RunState;
import io.qwenjet.train.run.StepMachine;
import java.util.Locale;

final class Progress implements AutoCloseable {
  private static final long LINE_NS = 20_000_000_000L;
  /** How much of a smoothed figure is the last step. */
  private static final double NEW_SHARE = 0.05;

  private final Streams streams;
  private final ProgressBar bar;
  private final boolean isBySteps;
  private final long beginNs = System.nanoTime();
  private long lineNs = beginNs;
  private RunState first;
  private double loss;

  Progress(Streams streams, String title, boolean isBySteps) {
    this.streams = streams;
    this.bar = new ProgressBar(streams, title);
    this.isBySteps = isBySteps;
  }

  /** After a step; {@code unitsLeft} are tokens or steps. */
  void step(RunState state, StepMachine.Outcome outcome, double learningRate, long unitsLeft) {
    long now = System.nanoTime();
    loss = first == null ? outcome.loss() : loss + NEW_SHARE * (outcome.loss() - loss);
    if (first == null) {
      first = state;
      lineNs = now;
    }
    double seconds = state.seconds() - first.seconds();
    double perSecond = seconds > 0 ? (state.tokens() - first.tokens()) / seconds : 0;
    double unitsPerSecond = isBySteps ? (seconds > 0 ? (state.step() - first.step()) / seconds : 0) : perSecond;
    String left = unitsPerSecond > 0 ? TimeLimit.clock(Math.max(0, unitsLeft) / unitsPerSecond) : "?";
    String what =
        String.format(
            Locale.ROOT, "%,.0f tokens/s, loss %.3f, lr %.2e, %s left", perSecond, loss, learningRate, left);
    long done = isBySteps ? state.step() : state.tokens();
    bar.update(done, done + Math.max(0, unitsLeft), what);
    if (!streams.errIsTerminal() && now - lineNs >= LINE_NS) {
      lineNs = now;
      streams.note(String.format(Locale.ROOT, "step %d, %,d tokens, %s", state.step(), state.tokens(), what));
    }
  }

  @Override
  public void close() {
    bar.close();
  }
}
