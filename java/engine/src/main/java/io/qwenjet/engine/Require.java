// SPDX-License-Identifier: Apache-2.0
// Range checks whose messages name the field, what was expected and what came.
package io.qwenjet.engine;

final class Require {
  private Require() {}

  static void that(boolean holds, String field, String expected, Object actual) {
    if (!holds) {
      throw new InvalidRequestException(field + ": expected " + expected + ", got " + actual);
    }
  }

  static void atLeast(String field, long actual, long least) {
    if (actual < least) {
      that(false, field, "at least " + least, actual);
    }
  }

  static <T> T notNull(String field, T value) {
    that(value != null, field, "a value", null);
    return value;
  }
}
