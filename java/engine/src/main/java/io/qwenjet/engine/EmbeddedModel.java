// SPDX-License-Identifier: Apache-2.0
// The small model that comes inside this artifact as resources. Its bytes go from the jar straight
// into native memory: nothing is unpacked, so nothing is left behind, no folder needs to be writable
// and processes cannot meet. Asking this module's own class works on the class path, on the module
// path (where resources are encapsulated) and in shaded or nested jars.
package io.qwenjet.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The model that comes with this build, if it has one; {@link Engine#openEmbedded(EngineOptions)}
 * opens it. Safe from any thread.
 */
public final class EmbeddedModel {
  /**
   * System property: a checkpoint folder that is taken for the embedded model instead of the
   * resources, to try a model before it is built in.
   */
  public static final String PATH_PROPERTY = "qwenjet.embedded.path";

  private static final String NAME = "qwenjet-nano";
  private static final String FOLDER = "nano/";
  private static final String WEIGHTS = "model.safetensors";
  private static final String PROMPTS = "prompts.txt";
  private static final int MAX_HEADER_BYTES = 16 << 20;

  private EmbeddedModel() {}

  /**
   * Says whether this build has an embedded model.
   *
   * @return true if {@link Engine#openEmbedded()} finds one
   */
  public static boolean isPresent() {
    return exists("config.json") && exists(WEIGHTS);
  }

  /**
   * Returns the embedded model's name, also where this build has none.
   *
   * @return "qwenjet-nano"
   */
  public static String name() {
    return NAME;
  }

  /**
   * Returns how many parameters the model has, counted from the shapes of the stored weights.
   *
   * @return elements of all tensors
   * @throws UnsupportedModelException if this build has no embedded model
   * @throws ModelFormatException if the weights cannot be read
   */
  public static long parameters() {
    requirePresent();
    try (InputStream in = stream(WEIGHTS)) {
      long parameters = 0;
      for (Map.Entry<String, JsonNode> tensor : header(in).properties()) {
        if (!tensor.getKey().equals("__metadata__")) {
          long elements = 1;
          for (JsonNode size : tensor.getValue().path("shape")) {
            elements *= size.longValue();
          }
          parameters += elements;
        }
      }
      return parameters;
    } catch (IOException e) {
      throw unreadable(WEIGHTS, e);
    }
  }

  /**
   * Returns prompts that the model is known to answer rightly, the best first.
   *
   * @return one a line of the model's prompts.txt; empty if there is none
   * @throws UnsupportedModelException if this build has no embedded model
   */
  public static List<String> prompts() {
    requirePresent();
    return file(PROMPTS)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .map(text -> text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList())
        .orElse(List.of());
  }

  static void requirePresent() {
    if (!isPresent()) {
      throw new UnsupportedModelException(
          "this build has no embedded model: expected the files of "
              + NAME
              + " in its jar, got none; name a model on disk instead");
    }
  }

  /** The bytes of a file of the model; empty if there is none. */
  static Optional<byte[]> file(String name) {
    if (override() != null) {
      return ModelLocation.read(override().resolve(name));
    }
    try (InputStream in = stream(name)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private static JsonNode header(InputStream in) throws IOException {
    byte[] length = in.readNBytes(Long.BYTES);
    long size =
        length.length < Long.BYTES
            ? -1
            : ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (size < 0 || size > MAX_HEADER_BYTES) {
      throw new IOException("expected the header of a safetensors file, got " + size + " bytes");
    }
    return new ObjectMapper().readTree(in.readNBytes((int) size));
  }

  private static boolean exists(String name) {
    if (override() != null) {
      return Files.isRegularFile(override().resolve(name));
    }
    return EmbeddedModel.class.getResource(FOLDER + name) != null;
  }

  private static InputStream stream(String name) throws IOException {
    return override() != null
        ? Files.newInputStream(override().resolve(name))
        : EmbeddedModel.class.getResourceAsStream(FOLDER + name);
  }

  private static Path override() {
    String folder = System.getProperty(PATH_PROPERTY);
    return folder == null ? null : Path.of(folder);
  }

  private static ModelFormatException unreadable(String name, IOException e) {
    return new ModelFormatException(
        NAME + "/" + name + ": expected a readable file, got " + e.getMessage(), null, e);
  }
}
