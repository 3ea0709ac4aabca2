// SPDX-License-Identifier: Apache-2.0
// A tiny checkpoint in the int-quantized format of compressed-tensors: int8 codes and a bfloat16 scale
// a row.
package io.qwenjet.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;

final class QuantizedCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ByteBuffer stored;
  private final int dataStart;
  private final ObjectNode header = JSON.createObjectNode();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  private QuantizedCheckpoint(byte[] file) {
    stored = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    dataStart = 8 + (int) stored.getLong(0);
  }

  /** Rounds the linear layers of a checkpoint to int8. */
  static Path write(Path from, Path folder) throws IOException {
    ObjectNode config = (ObjectNode) JSON.readTree(from.resolve("config.json").toFile());
    ObjectNode quantization = config.putObject("quantization_config");
    quantization.put("quant_method", "compressed-tensors").put("format", "int-quantized");
    ObjectNode group = quantization.putObject("config_groups").putObject("group_0");
    group.putArray("targets").add("Linear");
    group
        .putObject("weights")
        .put("num_bits", 8)
        .put("type", "int")
        .put("symmetric", true)
        .put("strategy", "channel");
    Files.writeString(folder.resolve("config.json"), config.toString());
    byte[] file = Files.readAllBytes(from.resolve("model.safetensors"));
    Files.write(
        folder.resolve("model.safetensors"), new QuantizedCheckpoint(file).quantized());
    return folder;
  }

  private byte[] quantized() throws IOException {
    String text = new String(stored.array(), 8, dataStart - 8, StandardCharsets.UTF_8);
    Iterator<Map.Entry<String, JsonNode>> tensors = JSON.readTree(text).fields();
    while (tensors.hasNext()) {
      Map.Entry<String, JsonNode> tensor = tensors.next();
      if (tensor.getKey().equals("__metadata__")) {
        continue;
      }
      if (tensor.getKey().endsWith("_proj.weight")) {
        quantize(tensor.getKey(), tensor.getValue());
      } else {
        int begin = tensor.getValue().path("data_offsets").path(0).asInt();
        int end = tensor.getValue().path("data_offsets").path(1).asInt();
        add(
            tensor.getKey(),
            tensor.getValue().path("dtype").asText(),
            tensor.getValue().path("shape"),
            ByteBuffer.wrap(stored.array(), dataStart + begin, end - begin));
      }
    }
    byte[] head = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(head.length).array());
    file.write(head);
    file.write(data.toByteArray());
    return file.toByteArray();
  }

  private void quantize(String name, JsonNode tensor) {
    int rows = tensor.path("shape").path(0).asInt();
    int cols = tensor.path("shape").path(1).asInt();
    int begin = dataStart + tensor.path("data_offsets").path(0).asInt();
    ByteBuffer codes = ByteBuffer.allocate(rows * cols);
    ByteBuffer scales = ByteBuffer.allocate(2 * rows).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < rows; row++) {
      float largest = 0;
      for (int col = 0; col < cols; col++) {
        largest = Math.max(largest, Math.abs(bfloat16(begin + 2 * (row * cols + col))));
      }
      // Rounded up to a bfloat16, so that no code is beyond 127.
      int scaleBits = (Float.floatToIntBits(largest / 127) >> 16) + 1;
      float scale = Float.intBitsToFloat(scaleBits << 16);
      scales.putShort((short) scaleBits);
      for (int col = 0; col < cols; col++) {
        codes.put((byte) Math.round(bfloat16(begin + 2 * (row * cols + col)) / scale));
      }
    }
    add(name, "I8", tensor.path("shape"), codes.flip());
    add(name + "_scale", "BF16", JSON.createArrayNode().add(rows).add(1), scales.flip());
  }

  private float bfloat16(int at) {
    return Float.intBitsToFloat(stored.getShort(at) << 16);
  }

  private void add(String name, String dtype, JsonNode shape, ByteBuffer bytes) {
    ObjectNode tensor = header.putObject(name);
    tensor.put("dtype", dtype).set("shape", shape);
    int begin = data.size();
    data.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    tensor.putArray("data_offsets").add(begin).add(data.size());
  }
}
