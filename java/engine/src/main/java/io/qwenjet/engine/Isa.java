// SPDX-License-Identifier: Apache-2.0
// The instruction-set paths of the native library. Numbers and names are those of qwenjet.h, where
// each path includes the ones before it.
package io.qwenjet.engine;

import java.util.Locale;

/** An instruction-set path of the processor, for forcing one and for saying which one runs. */
public enum Isa {
  /** The fastest path that the machine has. */
  AUTO(-1),
  /** Plain C++, on any processor. */
  PORTABLE(0),
  /** AVX2 and FMA. */
  AVX2(1),
  /** AVX-512 F, BW, DQ and VL. */
  AVX512(2),
  /** AVX-512 with VNNI. */
  AVX512_VNNI(3),
  /** AVX-512 with bfloat16 dot products. */
  AVX512_BF16(4),
  /** AMX tiles with bfloat16 and int8. */
  AMX(5);

  private final int code;

  Isa(int code) {
    this.code = code;
  }

  /**
   * Returns the number that the native library uses for this path.
   *
   * @return -1 for AUTO, 0 and up for the others
   */
  public int code() {
    return code;
  }

  /**
   * Returns the name as command lines and reports write it.
   *
   * @return for example "avx512-bf16"
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns the path with a label, in any case.
   *
   * @param label such as "avx512-vnni"; not null
   * @return the path
   * @throws InvalidRequestException if no path has this label; the message lists them
   */
  public static Isa ofLabel(String label) {
    var labels = new StringBuilder();
    for (Isa isa : values()) {
      if (isa.label().equalsIgnoreCase(label)) {
        return isa;
      }
      labels.append(labels.length() == 0 ? "" : ", ").append(isa.label());
    }
    throw new InvalidRequestException("isa: expected one of " + labels + ", got " + label);
  }

  static Isa ofCode(int code) {
    for (Isa isa : values()) {
      if (isa.code == code) {
        return isa;
      }
    }
    throw new IllegalStateException("the native library named an unknown path " + code);
  }
}
