// SPDX-License-Identifier: Apache-2.0
// The learning rate over a run. Cosine: Loshchilov and Hutter, arXiv 1608.03983. Warm-up, stable,
// decay: arXiv 2404.06395; the decay falls as 1 - sqrt of its course, arXiv 2405.18392.
package io.qwenjet.train.run;

/**
 * A learning rate for every point of a run. Points are counted in the recipe's unit, tokens or steps;
 * warm-up always in steps.
 *
 * @param kind the shape after the warm-up
 * @param peak the highest learning rate
 * @param floor the last learning rate as a share of the peak
 * @param warmupSteps steps of linear rise
 * @param total the run's length in units
 * @param decayShare the share of the length in which {@link Kind#WSD} falls
 */
public record Schedule(Kind kind, double peak, double floor, int warmupSteps, long total, double decayShare) {
  /** The shapes of the curve. */
  public enum Kind {
    COSINE,
    WSD
  }

  /**
   * The learning rate of one step.
   *
   * @param state where the run is, with a decay or a second warm-up that was asked for on the way
   * @param done units that are done before this step
   */
  double at(RunState state, long done) {
    return peak * rise(state) * (kind == Kind.COSINE ? cosine(done) : wsd(state, done));
  }

  /** Where the run ends, in units. */
  long end(RunState state) {
    return state.decayUnits() > 0 ? state.decayFrom() + state.decayUnits() : total;
  }

  private double rise(RunState state) {
    double rise = warmupSteps == 0 ? 1 : Math.min(1, (state.step() + 1.0) / warmupSteps);
    if (state.rewarmSteps() > 0) {
      rise = Math.min(rise, (state.step() - state.rewarmFrom() + 1.0) / state.rewarmSteps());
    }
    return rise;
  }

  private double cosine(long done) {
    double course = Math.min(1, (double) done / total);
    return floor + (1 - floor) * 0.5 * (1 + StrictMath.cos(Math.PI * course));
  }

  private double wsd(RunState state, long done) {
    long length = state.decayUnits() > 0 ? state.decayUnits() : Math.round(total * decayShare);
    long from = state.decayUnits() > 0 ? state.decayFrom() : total - length;
    if (done <= from || length == 0) {
      return 1;
    }
    double course = Math.min(1, (double) (done - from) / length);
    return floor + (1 - floor) * (1 - StrictMath.sqrt(course));
  }
}
