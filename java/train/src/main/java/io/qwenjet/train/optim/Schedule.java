// SPDX-License-Identifier: Apache-2.0
// Learning rates as pure functions of the step, so that a resumed run needs the step alone.
package io.qwenjet.train.optim;

/** The learning rate of each step. Immutable and safe to share. */
public sealed interface Schedule {
  /**
   * The learning rate of a step.
   *
   * @param step counted from 0
   * @return the rate
   * @throws IllegalArgumentException when the step is negative
   */
  double learningRate(long step);

  /** The number of steps it is made for; later steps keep the last rate. */
  long steps();

  /**
   * Linear warm-up, then a half cosine to the last rate.
   *
   * @param peak highest rate
   * @param last rate of the end
   * @param warmup steps of warm-up
   * @param steps steps in all
   */
  record WarmupCosine(double peak, double last, long warmup, long steps) implements Schedule {
    /** Checks the ranges. */
    public WarmupCosine {
      check(peak, last, warmup, 0, steps);
    }

    @Override
    public double learningRate(long step) {
      if (checked(step) < warmup) {
        return peak * (step + 1) / warmup;
      }
      double done = Math.min(1, (double) (step - warmup) / Math.max(1, steps - warmup));
      return last + (peak - last) * 0.5 * (1 + Math.cos(Math.PI * done));
    }
  }

  /** How the last phase of a warm-up-stable-decay schedule falls. */
  enum Decay {
    /** In a straight line. */
    LINEAR,
    /** As 1 - sqrt of the part done. */
    ONE_MINUS_SQRT
  }

  /**
   * Linear warm-up, a stable phase at the peak, and a decay (arXiv 2404.06395). A run stopped in its
   * stable phase can be continued, or decayed, without having planned for it.
   *
   * @param peak rate of the stable phase
   * @param last rate of the end
   * @param warmup steps of warm-up
   * @param decaySteps steps of decay, at the end
   * @param steps steps in all
   * @param decay how it falls; not null
   */
  record WarmupStableDecay(
      double peak, double last, long warmup, long decaySteps, long steps, Decay decay)
      implements Schedule {
    /** Checks the ranges. */
    public WarmupStableDecay {
      check(peak, last, warmup, decaySteps, steps);
    }

    @Override
    public double learningRate(long step) {
      if (checked(step) < warmup) {
        return peak * (step + 1) / warmup;
      }
      long start = steps - decaySteps;
      if (step < start) {
        return peak;
      }
      double done = decaySteps == 0 ? 1 : Math.min(1, (double) (step - start + 1) / decaySteps);
      double left = decay == Decay.LINEAR ? 1 - done : 1 - Math.sqrt(done);
      return last + (peak - last) * left;
    }
  }

  private static void check(double peak, double last, long warmup, long decaySteps, long steps) {
    if (!(peak > 0 && last >= 0 && last <= peak)) {
      throw new IllegalArgumentException("expected 0 <= last <= peak, got " + last + " and " + peak);
    }
    if (warmup < 0 || decaySteps < 0 || steps < 1 || warmup + decaySteps > steps) {
      throw new IllegalArgumentException(
          "expected warm-up + decay <= steps, got " + warmup + " + " + decaySteps + " of " + steps);
    }
  }

  private static long checked(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("expected a step >= 0, got " + step);
    }
    return step;
  }
}
