// SPDX-License-Identifier: Apache-2.0
// Reads a model of the published layout into fresh parameters, to be trained further.
package io.qwenjet.train.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Imports weights in bfloat16 or float32. */
public final class CheckpointImporter {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_HEADER_BYTES = 100_000_000;

  private CheckpointImporter() {}

  /**
   * Reads config.json and every .safetensors file of a folder.
   *
   * @param folder the checkpoint; not null
   * @return its weights; the caller closes them
   * @throws IOException when a file cannot be read
   * @throws IllegalArgumentException when the model is of another kind, or a tensor is missing or of
   *     another shape or type than config.json says
   */
  public static Parameters read(Path folder) throws IOException {
    Parameters parameters = Parameters.empty(ModelShape.read(folder.resolve("config.json")));
    boolean complete = false;
    try {
      Set<String> missing = new HashSet<>(parameters.names());
      for (Path file : weightFiles(folder)) {
        missing.removeAll(readFile(file, parameters));
      }
      if (!missing.isEmpty()) {
        throw new IllegalArgumentException(
            folder + ": expected every tensor of the model, got none of the name " + missing.stream().min(String::compareTo).get());
      }
      complete = true;
      return parameters;
    } finally {
      if (!complete) {
        parameters.close();
      }
    }
  }

  private static List<Path> weightFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).sorted().toList();
    }
  }

  private static List<String> readFile(Path file, Parameters parameters) throws IOException {
    List<String> read = new ArrayList<>();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long headerSize = bytes(file, channel, 0, 8).getLong();
      if (headerSize < 2 || headerSize > Math.min(MAX_HEADER_BYTES, channel.size() - 8)) {
        throw new IllegalArgumentException(
            file + ": expected a safetensors header within its " + channel.size() + " bytes, got one of " + headerSize);
      }
      JsonNode header = parse(file, bytes(file, channel, 8, headerSize));
      for (Iterator<Map.Entry<String, JsonNode>> fields = header.fields(); fields.hasNext(); ) {
        Map.Entry<String, JsonNode> field = fields.next();
        // A tied model's file may repeat its embedding as lm_head.
        if (parameters.names().contains(field.getKey())) {
          JsonNode tensor = field.getValue();
          long begin = tensor.path("data_offsets").path(0).asLong(-1);
          long end = tensor.path("data_offsets").path(1).asLong(-1);
          String where = file + ": " + field.getKey();
          checkShape(where, parameters.dimensions(field.getKey()), tensor.path("shape"));
          if (begin < 0 || end < begin || end > channel.size() - 8 - headerSize) {
            throw new IllegalArgumentException(
                where + ": expected data within the file, got " + tensor.path("data_offsets"));
          }
          ByteBuffer data = bytes(file, channel, 8 + headerSize + begin, end - begin);
          parameters.write(field.getKey(), values(where, tensor.path("dtype").asText(), data));
          read.add(field.getKey());
        }
      }
    }
    return read;
  }

  private static float[] values(String where, String type, ByteBuffer data) {
    if (type.equals("BF16")) {
      float[] values = new float[data.remaining() / 2];
      for (int i = 0; i < values.length; i++) {
        values[i] = Bfloat16.toFloat(data.getShort());
      }
      return values;
    }
    if (type.equals("F32")) {
      float[] values = new float[data.remaining() / 4];
      data.asFloatBuffer().get(values);
      return values;
    }
    throw new IllegalArgumentException(where + ": expected BF16 or F32, got " + type);
  }

  private static void checkShape(String where, long[] expected, JsonNode got) {
    long[] shape = new long[got.size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = got.path(i).asLong(-1);
    }
    if (!Arrays.equals(expected, shape)) {
      throw new IllegalArgumentException(
          where + ": expected shape " + Arrays.toString(expected) + ", got " + got);
    }
  }

  private static JsonNode parse(Path file, ByteBuffer bytes) throws IOException {
    try {
      return JSON.readTree(bytes.array());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(file + ": expected a JSON header, got " + e.getOriginalMessage(), e);
    }
  }

  private static ByteBuffer bytes(Path file, FileChannel channel, long from, long size) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new IllegalArgumentException(
            file + ": expected " + (from + size) + " bytes, got " + channel.size());
      }
    }
    return buffer.flip();
  }
}
