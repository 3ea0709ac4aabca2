// SPDX-License-Identifier: Apache-2.0
// What can be asked of a paper: which values of its text answer, and the keys that people give it.
package io.qwenjet.corpus.office;

import java.util.List;

/**
 * A field of a kind of paper.
 *
 * @param name the usual key, in snake case
 * @param from names of values that answer, the best one first
 * @param number whether the value is written as a JSON number
 * @param keys other keys for it, in snake case
 */
record Field(String name, List<String> from, boolean number, List<String> keys) {
  /** Reads "name = value,value : key, key" where "#" before the name marks a number. */
  static Field of(String line) {
    int equals = line.indexOf('=');
    int colon = line.indexOf(':');
    String name = line.substring(0, equals).strip();
    boolean number = name.startsWith("#");
    return new Field(
        number ? name.substring(1) : name,
        List.of(line.substring(equals + 1, colon).strip().split("\\s*,\\s*")),
        number,
        List.of(line.substring(colon + 1).strip().split("\\s*,\\s*")));
  }
}
