// SPDX-License-Identifier: Apache-2.0
// Normally distributed bfloat16 numbers at memory speed: a table holds the quantiles of the normal
// distribution, 16 random bits pick one. Each block of a tensor has a seed of its own, so any number
// of threads gives the same bytes.
package io.qwenjet.cli.synthesize;

import java.nio.ByteBuffer;

final class RandomWeights {
  private static final double STANDARD_DEVIATION = 0.02;
  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private static final short ONE = 0x3F80;
  private static final int SIGN = 0x8000;

  private final short[] quantiles = new short[1 << 16];

  RandomWeights() {
    for (int i = quantiles.length / 2; i < quantiles.length; i++) {
      double z = inverseNormal((i + 0.5) / quantiles.length);
      quantiles[i] = toBfloat16((float) (z * STANDARD_DEVIATION));
      quantiles[quantiles.length - 1 - i] = (short) (quantiles[i] ^ SIGN);
    }
  }

  /** Fills the buffer, little-endian with a multiple of 2 bytes, with the numbers of one block. */
  void fill(ByteBuffer buffer, long seed, int tensor, long block) {
    long state = mix(seed + GAMMA * (tensor + 1L)) ^ mix(~block);
    int size = buffer.remaining();
    int whole = size & ~7;
    for (int at = 0; at < whole; at += 8) {
      state += GAMMA;
      buffer.putLong(at, fourOf(mix(state)));
    }
    long last = fourOf(mix(state + GAMMA));
    for (int at = whole; at < size; at += 2, last >>>= 16) {
      buffer.putShort(at, (short) last);
    }
  }

  /** Fills the buffer with ones. */
  static void fillOnes(ByteBuffer buffer) {
    for (int at = 0; at < buffer.remaining(); at += 2) {
      buffer.putShort(at, ONE);
    }
  }

  private long fourOf(long bits) {
    return (quantiles[(int) (bits & 0xFFFF)] & 0xFFFFL)
        | (quantiles[(int) (bits >>> 16 & 0xFFFF)] & 0xFFFFL) << 16
        | (quantiles[(int) (bits >>> 32 & 0xFFFF)] & 0xFFFFL) << 32
        | (quantiles[(int) (bits >>> 48)] & 0xFFFFL) << 48;
  }

  /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Round to nearest, ties to even; no NaN comes here. */
  static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }

  /** Bisection on the series of the distribution function: it runs 65,536 times at start, once. */
  static double inverseNormal(double p) {
    double low = -6;
    double high = 6;
    for (int i = 0; i < 30; i++) {
      double middle = 0.5 * (low + high);
      if (distribution(middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return 0.5 * (low + high);
  }

  /** Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3*5) + ...), Marsaglia 2004; |x| up to 6. */
  private static double distribution(double x) {
    double term = x;
    double sum = x;
    for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && i < 400; i += 2) {
      term *= x * x / i;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  }
}
