// SPDX-License-Identifier: Apache-2.0
// JSON as the assistant writes it: one line, ", " and ": " between the parts.
package io.qwenjet.corpus.office;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

final class Json {
  private Json() {}

  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        default -> json.append(c);
      }
    }
    return json.append('"').toString();
  }

  /** An object of values that are JSON already. */
  static String object(Map<String, String> members) {
    return members.entrySet().stream()
        .map(member -> quoted(member.getKey()) + ": " + member.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** An array of values that are JSON already. */
  static String array(List<String> values) {
    return "[" + String.join(", ", values) + "]";
  }
}
