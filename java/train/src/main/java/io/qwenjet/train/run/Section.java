// SPDX-License-Identifier: Apache-2.0
// One mapping of a YAML recipe, read strictly: every key is asked for by name and type, and one that
// nobody asked for is an error. The list of allowed keys is thus the code that reads them.
package io.qwenjet.train.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A mapping whose keys are read one by one; {@link #end} then refuses the keys that are left.
 *
 * <p>No argument may be null, except defaults, where null means that a missing key stays null. Every
 * method throws {@link RecipeException} for a value of the wrong kind. For one thread.
 */
public final class Section {
  private final String path;
  private final ObjectNode node;
  private final TreeSet<String> asked = new TreeSet<>();
  private final List<Section> inner = new ArrayList<>();

  private Section(String path, ObjectNode node) {
    this.path = path;
    this.node = node;
  }

  /** The top of a YAML file. */
  public static Section ofFile(Path file) throws IOException {
    return ofText(file.toString(), Files.readString(file));
  }

  /** The top of a YAML text; the name stands in messages. */
  public static Section ofText(String name, String yaml) {
    try {
      JsonNode top = new YAMLMapper().readTree(yaml);
      if (!(top instanceof ObjectNode mapping)) {
        throw new RecipeException(name + ": expected a mapping of keys to values, got " + kind(top));
      }
      return new Section(name + ": ", mapping);
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
      throw new RecipeException(name + ": expected YAML, got a mistake" + where + ": " + e.getOriginalMessage());
    }
  }

  /** Sets a text in place of what the file says. */
  Section with(String key, String text) {
    node.put(key, text);
    return this;
  }

  /** Whether the key is there with a value. */
  public boolean has(String key) {
    return value(key) != null;
  }

  /** Text, or the default. */
  public String text(String key, String otherwise) {
    JsonNode value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.isValueNode()) {
      throw wrong(key, "text", value);
    }
    return value.asText();
  }

  /** Text that must be there. */
  public String text(String key) {
    return required(key, text(key, null));
  }

  /** A path, or the default. */
  public Path path(String key, Path otherwise) {
    String text = text(key, null);
    return text == null ? otherwise : Path.of(text);
  }

  /** A path that must be there. */
  public Path path(String key) {
    return Path.of(text(key));
  }

  /** One text or a list of them; empty when the key is missing. */
  public List<String> texts(String key) {
    JsonNode value = value(key);
    if (value == null) {
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode element : value.isArray() ? value : List.of(value)) {
      if (!element.isValueNode()) {
        throw wrong(key, "text or a list of texts", value);
      }
      texts.add(element.asText());
    }
    return texts;
  }

  /** A whole number of at least {@code least}, or the default; underscores may part its digits. */
  public long count(String key, Long otherwise, long least) {
    JsonNode value = value(key);
    if (value == null) {
      return required(key, otherwise);
    }
    double number = parse(value);
    if (!(number >= least) || number != Math.rint(number)) {
      throw wrong(key, "a whole number from " + least + " on", value);
    }
    return (long) number;
  }

  /** A whole number that must be there, or a list of them. */
  public List<Integer> counts(String key, int least) {
    JsonNode value = node.get(key);
    if (value == null || !value.isArray()) {
      return List.of((int) count(key, null, least));
    }
    value(key);
    List<Integer> counts = new ArrayList<>();
    for (JsonNode each : value) {
      if (!each.isIntegralNumber() || each.longValue() < least || each.longValue() > Integer.MAX_VALUE) {
        throw wrong(key, "whole numbers from " + least + " on", value);
      }
      counts.add(each.intValue());
    }
    if (counts.isEmpty()) {
      throw wrong(key, "at least one whole number", value);
    }
    return List.copyOf(counts);
  }

  /** A number between two limits, both allowed, or the default. */
  public double number(String key, Double otherwise, double least, double most) {
    JsonNode value = value(key);
    if (value == null) {
      return required(key, otherwise);
    }
    double number = parse(value);
    if (!(number >= least && number <= most)) {
      throw wrong(key, "a number from " + least + " to " + most, value);
    }
    return number;
  }

  /** True or false, or the default. */
  public boolean flag(String key, boolean otherwise) {
    JsonNode value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw wrong(key, "true or false", value);
    }
    return value.asBoolean();
  }

  /** One of the names of an enum, written in small letters with hyphens, or the default. */
  public <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
    String text = text(key, null);
    if (text == null) {
      return required(key, otherwise);
    }
    for (E constant : type.getEnumConstants()) {
      if (nameOf(constant).equals(text)) {
        return constant;
      }
    }
    throw wrong(key, Arrays.stream(type.getEnumConstants()).map(Section::nameOf).collect(Collectors.joining(" or ")), value(key));
  }

  /** A constant as recipes write it. */
  static String nameOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The mapping under a key; an empty one when the key is missing. */
  public Section section(String key) {
    JsonNode value = value(key);
    if (value != null && !value.isObject()) {
      throw wrong(key, "a mapping", value);
    }
    Section section = new Section(path + key + ".", value == null ? new YAMLMapper().createObjectNode() : (ObjectNode) value);
    inner.add(section);
    return section;
  }

  /** The mappings in the list under a key; none when it is missing. */
  public List<Section> sections(String key) {
    JsonNode value = value(key);
    List<Section> sections = new ArrayList<>();
    if (value == null) {
      return sections;
    }
    if (!value.isArray()) {
      throw wrong(key, "a list of mappings", value);
    }
    for (JsonNode element : value) {
      if (!element.isObject()) {
        throw wrong(key, "a list of mappings", value);
      }
      sections.add(new Section(path + key + "[" + sections.size() + "].", (ObjectNode) element));
    }
    inner.addAll(sections);
    return sections;
  }

  /** The names of the keys that are there, in the file's order; asking for them is left to the caller. */
  public List<String> keys() {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** Refuses keys that were not asked for, here and in the sections inside. */
  public void end() {
    for (Iterator<String> keys = node.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!asked.contains(key)) {
        throw new RecipeException(path + key + ": expected one of the keys " + joined(asked) + ", got " + key);
      }
    }
    inner.forEach(Section::end);
  }

  /** An error that names the key. */
  public RecipeException wrong(String key, String expected, Object got) {
    return new RecipeException(path + key + ": expected " + expected + ", got " + got);
  }

  private JsonNode value(String key) {
    asked.add(key);
    JsonNode value = node.get(key);
    return value == null || value.isNull() ? null : value;
  }

  private <T> T required(String key, T value) {
    if (value == null) {
      throw new RecipeException(path + key + ": expected a value, got none");
    }
    return value;
  }

  /** YAML 1.1 takes 1e-3 and 60_000_000 for text in some places. */
  private static double parse(JsonNode value) {
    try {
      return value.isNumber() ? value.asDouble() : Double.parseDouble(value.asText().replace("_", ""));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static String kind(JsonNode node) {
    return node == null || node.isMissingNode() || node.isNull()
        ? "nothing"
        : node.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  private static String joined(Collection<String> names) {
    return String.join(", ", names);
  }
}
