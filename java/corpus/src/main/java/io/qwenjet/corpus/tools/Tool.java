// SPDX-License-Identifier: Apache-2.0
// A tool with its schema in the form that chat templates list.
package io.qwenjet.corpus.tools;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A tool.
 *
 * @param name as it is called
 * @param description one short sentence
 * @param parameters in the order of the schema
 */
record Tool(String name, String description, List<Parameter> parameters) {
  String schema() {
    String properties =
        parameters.stream().map(each -> "\"" + each.name() + "\": " + each.schema()).collect(Collectors.joining(", "));
    String required =
        parameters.stream().filter(Parameter::required).map(each -> "\"" + each.name() + "\"").collect(Collectors.joining(", "));
    return "{\"type\": \"function\", \"function\": {\"name\": \"" + name + "\", \"description\": \"" + description
        + "\", \"parameters\": {\"type\": \"object\", \"properties\": {" + properties + "}, \"required\": [" + required + "]}}}";
  }
}
