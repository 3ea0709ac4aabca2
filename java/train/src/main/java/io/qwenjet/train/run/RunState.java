// SPDX-License-Identifier: Apache-2.0
// Everything about a run that is not a tensor: what a checkpoint's header holds.
package io.qwenjet.train.run;

/**
 * Where a run stands. Its JSON holds the components alone.
 *
 * @param step steps done
 * @param tokens tokens done, padding not counted
 * @param position batches that were used of the data of the present phase: the whole state of the data
 * @param seconds time spent in steps, over all starts
 * @param precision how the model computes, chosen at the first start
 * @param decayFrom the unit at which a decay began that was asked for on the way
 * @param decayUnits its length; 0 when none was asked for
 * @param rewarmFrom the step at which the run went on from published weights with fresh moments
 * @param rewarmSteps steps of its second warm-up; 0 when it did not
 */
public record RunState(
    long step,
    long tokens,
    long position,
    double seconds,
    String precision,
    long decayFrom,
    long decayUnits,
    long rewarmFrom,
    int rewarmSteps) {
  /** The beginning of a run. */
  public static RunState start(String precision) {
    return new RunState(0, 0, 0, 0, precision, 0, 0, 0, 0);
  }

  /**
   * The beginning of a run that goes on from weights which were published on the way of another, or at
   * its end: a decay that is over is forgotten, one that is not goes on.
   */
  public static RunState continued(RunState published, String precision, int rewarmSteps, Recipe.Unit unit) {
    long done = unit == Recipe.Unit.STEPS ? published.step : published.tokens;
    boolean isOver = done >= published.decayFrom + published.decayUnits;
    return new RunState(
        published.step, published.tokens, published.position, published.seconds, precision,
        isOver ? 0 : published.decayFrom, isOver ? 0 : published.decayUnits, published.step, rewarmSteps);
  }

  /** Steps that the optimiser's moments have seen: those since they were last 0. */
  public long optimizerSteps() {
    return step - rewarmFrom;
  }

  RunState after(long newTokens, long newPosition, double newSeconds) {
    return new RunState(
        step + 1, tokens + newTokens, newPosition, seconds + newSeconds, precision,
        decayFrom, decayUnits, rewarmFrom, rewarmSteps);
  }

  RunState atPosition(long newPosition) {
    return new RunState(
        step, tokens, newPosition, seconds, precision, decayFrom, decayUnits, rewarmFrom, rewarmSteps);
  }

  RunState decaying(long from, long units) {
    return new RunState(step, tokens, position, seconds, precision, from, units, rewarmFrom, rewarmSteps);
  }
}
