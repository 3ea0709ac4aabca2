// SPDX-License-Identifier: Apache-2.0
// A model has hundreds of tensors that differ in their layer's number alone; people read one line
// for all of them.
package io.qwenjet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

final class TensorGroups {
  private static final Pattern NUMBER = Pattern.compile("(?<=\\.)\\d+(?=\\.)");

  /**
   * Tensors that share name, type and shape but for numbers in the name.
   *
   * @param name with * for the numbers
   * @param count how many
   * @param bytes of all of them
   */
  record Group(String name, String dtype, String shape, int count, long bytes) {
    private Group plus(Group other) {
      return new Group(name, dtype, shape, count + other.count, bytes + other.bytes);
    }
  }

  private TensorGroups() {}

  /** Groups of the list that a checkpoint gives, in its order. */
  static List<Group> of(JsonNode tensors) {
    Map<String, Group> groups = new LinkedHashMap<>();
    for (JsonNode tensor : tensors) {
      Group one =
          new Group(
              NUMBER.matcher(tensor.path("name").asText()).replaceAll("*"),
              tensor.path("dtype").asText(),
              tensor.path("shape").toString(),
              1,
              tensor.path("size_bytes").asLong());
      groups.merge(one.name + one.dtype + one.shape, one, Group::plus);
    }
    return List.copyOf(groups.values());
  }
}
