// SPDX-License-Identifier: Apache-2.0
// Known answers of Philox4x32-10 (the kat_vectors of the Random123 distribution).
package io.qwenjet.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PhiloxTest {
  @Test
  void blocksEqualThePublishedVectors() {
    assertBlock(
        new int[] {0, 0, 0, 0}, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertBlock(
        new int[] {-1, -1, -1, -1}, -1, -1, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertBlock(
        new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
        0xa4093822,
        0x299f31d0,
        0xd16cfe09,
        0x94fdcceb,
        0x5001e420,
        0x24126ea1);
  }

  @Test
  void uniformsAreSpreadAndDependOnEveryPartOfTheKey() {
    double sum = 0;
    for (int step = 0; step < 10_000; step++) {
      double u = Philox.uniform(42, 0, step);
      assertTrue(u >= 0 && u < 1);
      sum += u;
    }
    assertEquals(0.5, sum / 10_000, 0.01);
    assertNotEquals(Philox.uniform(1, 0, 0), Philox.uniform(2, 0, 0));
    assertNotEquals(Philox.uniform(1L << 32, 0, 0), Philox.uniform(0, 0, 0));
    assertNotEquals(Philox.uniform(1, 1, 0), Philox.uniform(1, 0, 0));
    assertNotEquals(Philox.uniform(1, 0, 1), Philox.uniform(1, 0, 0));
  }

  private static void assertBlock(int[] counter, int key0, int key1, int... expected) {
    Philox.generate(counter, key0, key1);
    assertArrayEquals(expected, counter);
  }
}
