// SPDX-License-Identifier: Apache-2.0
// Conversion between float32 and the upper 16 of its bits, to nearest, ties to even.
package io.qwenjet.train.export;

final class Bfloat16 {
  private Bfloat16() {}

  static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }

  static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
