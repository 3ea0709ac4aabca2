// SPDX-License-Identifier: Apache-2.0
// A parameter of a tool, its JSON schema, and a value for it.
package io.qwenjet.corpus.tools;

import java.util.List;

/**
 * A parameter.
 *
 * @param name as in the schema
 * @param kind what its values are, such as "city" or "integer"
 * @param options the values of an enum; empty for other kinds
 * @param required whether a call must have it
 */
record Parameter(String name, String kind, List<String> options, boolean required) {
  /** Reads "unit:enum(celsius/fahrenheit)" or "city:string!". */
  static Parameter of(String text) {
    boolean required = text.endsWith("!");
    String plain = required ? text.substring(0, text.length() - 1) : text;
    int colon = plain.indexOf(':');
    String kind = plain.substring(colon + 1);
    if (kind.startsWith("enum(")) {
      return new Parameter(plain.substring(0, colon), "enum", List.of(kind.substring(5, kind.length() - 1).split("/")), required);
    }
    return new Parameter(plain.substring(0, colon), kind, List.of(), required);
  }

  String jsonType() {
    return switch (kind) {
      case "integer", "number", "boolean" -> kind;
      default -> "string";
    };
  }

  String schema() {
    StringBuilder schema = new StringBuilder("{\"type\": \"").append(jsonType()).append('"');
    if (!options.isEmpty()) {
      schema.append(", \"enum\": [\"").append(String.join("\", \"", options)).append("\"]");
    }
    return schema.append('}').toString();
  }
}
