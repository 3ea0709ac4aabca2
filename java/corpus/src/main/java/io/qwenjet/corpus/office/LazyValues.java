// SPDX-License-Identifier: Apache-2.0
// Values that are drawn when they are first read.
package io.qwenjet.corpus.office;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** A map of texts, some of which are made on the first {@code get}; its entries are those made so far. */
final class LazyValues extends AbstractMap<String, String> {
  private final Map<String, Supplier<String>> makers = new LinkedHashMap<>();
  private final Map<String, String> made = new LinkedHashMap<>();

  void later(String name, Supplier<String> maker) {
    makers.put(name, maker);
  }

  @Override
  public String get(Object name) {
    String value = made.get(name);
    if (value == null && makers.containsKey(name)) {
      value = makers.get(name).get();
      made.put((String) name, value);
    }
    return value;
  }

  @Override
  public boolean containsKey(Object name) {
    return made.containsKey(name) || makers.containsKey(name);
  }

  @Override
  public String put(String name, String value) {
    return made.put(name, value);
  }

  @Override
  public Set<Entry<String, String>> entrySet() {
    return made.entrySet();
  }
}
