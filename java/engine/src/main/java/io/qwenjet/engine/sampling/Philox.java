// SPDX-License-Identifier: Apache-2.0
// The counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A draw depends on its key and counter alone, so a token's draw is the same
// whatever else runs, and a sequence can restart at any step.
package io.qwenjet.engine.sampling;

/** Uniform numbers that depend on (seed, choice, step) alone. */
public final class Philox {
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /**
   * Returns the draw of one step of one choice.
   *
   * @param seed the request's seed
   * @param choice the choice's index
   * @param step tokens that were generated before
   * @return 0 or more and below 1, on 53 bits
   */
  public static double uniform(long seed, int choice, int step) {
    int[] block = {step, choice, 0, 0};
    generate(block, (int) seed, (int) (seed >>> 32));
    long bits = (block[0] & 0xFFFFFFFFL) << 21 ^ (block[1] & 0xFFFFFFFFL) >>> 11;
    return bits * 0x1.0p-53;
  }

  /** Replaces a counter of four words by the block of random words of its key. */
  static void generate(int[] block, int key0, int key1) {
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round++) {
      long p0 = (MULTIPLIER_0 & 0xFFFFFFFFL) * (block[0] & 0xFFFFFFFFL);
      long p1 = (MULTIPLIER_1 & 0xFFFFFFFFL) * (block[2] & 0xFFFFFFFFL);
      int c1 = block[1];
      int c3 = block[3];
      block[0] = (int) (p1 >>> 32) ^ c1 ^ k0;
      block[1] = (int) p1;
      block[2] = (int) (p0 >>> 32) ^ c3 ^ k1;
      block[3] = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
  }
}
