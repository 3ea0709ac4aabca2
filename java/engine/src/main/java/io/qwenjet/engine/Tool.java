// SPDX-License-Identifier: Apache-2.0
// A function that the model may call.
package io.qwenjet.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A function that the model may call. Nothing calls it: the answer says which calls the model wants.
 *
 * @param name the function's name; not null
 * @param description what it does; null for none
 * @param parameters the JSON schema of its arguments as maps, lists, strings, numbers and booleans;
 *     null for none
 */
public record Tool(String name, String description, Map<String, Object> parameters) {
  /** Checks the name. */
  public Tool {
    Objects.requireNonNull(name, "name");
  }

  /** The shape that chat templates expect: {"type": "function", "function": {...}}. */
  Map<String, Object> toTemplate() {
    var function = new LinkedHashMap<String, Object>();
    function.put("name", name);
    if (description != null) {
      function.put("description", description);
    }
    if (parameters != null) {
      function.put("parameters", parameters);
    }
    var tool = new LinkedHashMap<String, Object>();
    tool.put("type", "function");
    tool.put("function", function);
    return tool;
  }
}
