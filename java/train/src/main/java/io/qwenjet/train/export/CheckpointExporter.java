// SPDX-License-Identifier: Apache-2.0
// Writes a model in the published layout: config.json, generation_config.json and model.safetensors
// in bfloat16. Tokenizer files are the caller's to add.
package io.qwenjet.train.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.train.graph.Parameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** Exports trained weights. */
public final class CheckpointExporter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private CheckpointExporter() {}

  /**
   * Writes the three files; the weights are rounded to bfloat16. The files reach the disk before this
   * returns.
   *
   * @param folder where; made if missing; not null
   * @param parameters the weights; not null
   * @param tokens the token ids of the JSON files; not null
   * @throws IOException when a file cannot be written
   */
  public static void write(Path folder, Parameters parameters, SpecialTokens tokens) throws IOException {
    Objects.requireNonNull(tokens, "tokens");
    Files.createDirectories(folder);
    ObjectNode config = parameters.shape().toJson();
    config.put("bos_token_id", tokens.bos());
    config.put("eos_token_id", tokens.eos().get(0));
    config.put("pad_token_id", tokens.pad());
    writeJson(folder.resolve("config.json"), config);
    ObjectNode generation = JSON.createObjectNode();
    generation.put("bos_token_id", tokens.bos());
    generation.put("do_sample", false);
    ArrayNode ends = generation.putArray("eos_token_id");
    tokens.eos().forEach(ends::add);
    generation.put("max_new_tokens", tokens.maxNewTokens());
    generation.put("pad_token_id", tokens.pad());
    writeJson(folder.resolve("generation_config.json"), generation);
    writeWeights(folder.resolve("model.safetensors"), parameters);
  }

  private static void writeWeights(Path file, Parameters parameters) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (String name : parameters.names()) {
      ObjectNode tensor = header.putObject(name);
      tensor.put("dtype", "BF16");
      long count = 1;
      ArrayNode shape = tensor.putArray("shape");
      for (long size : parameters.dimensions(name)) {
        shape.add(size);
        count *= size;
      }
      tensor.putArray("data_offsets").add(offset).add(offset + 2 * count);
      offset += 2 * count;
    }
    StringBuilder text = new StringBuilder(JSON.writeValueAsString(header));
    // The data starts at a multiple of 8 bytes, as readers that map the file expect.
    while (text.length() % 8 != 0) {
      text.append(' ');
    }
    byte[] head = text.toString().getBytes(StandardCharsets.US_ASCII);
    try (FileChannel channel = open(file)) {
      writeAll(channel, littleEndian(8).putLong(head.length).flip());
      writeAll(channel, ByteBuffer.wrap(head));
      for (String name : parameters.names()) {
        float[] values = parameters.read(name);
        ByteBuffer bytes = littleEndian(2 * values.length);
        for (float value : values) {
          bytes.putShort(Bfloat16.of(value));
        }
        writeAll(channel, bytes.flip());
      }
      channel.force(true);
    }
  }

  private static void writeJson(Path file, ObjectNode json) throws IOException {
    String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    try (FileChannel channel = open(file)) {
      writeAll(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      channel.force(true);
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer littleEndian(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
