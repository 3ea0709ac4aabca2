// SPDX-License-Identifier: Apache-2.0
// metrics.jsonl of a run: one JSON object a line, on the disk's way as soon as it is written, and cut
// back to a checkpoint's length when a run continues from there.
package io.qwenjet.train.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

final class Metrics implements AutoCloseable {
  static final String FILE_NAME = "metrics.jsonl";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileChannel file;

  /** Keeps the file's first bytes and writes after them. */
  Metrics(Path folder, long keptBytes) throws IOException {
    Files.createDirectories(folder);
    file = FileChannel.open(folder.resolve(FILE_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (file.size() < keptBytes) {
      file.close();
      throw new CheckpointException(
          folder.resolve(FILE_NAME) + ": expected at least the checkpoint's " + keptBytes + " bytes, got fewer");
    }
    file.truncate(keptBytes);
    file.position(keptBytes);
  }

  static ObjectNode line() {
    return JSON.createObjectNode();
  }

  void write(ObjectNode line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  /** Brings all to the disk; a checkpoint that counts these bytes may follow. */
  long force() throws IOException {
    file.force(false);
    return file.position();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** The whole lines of a file of metrics; none when it is missing. */
  static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    String text = Files.readString(file);
    // The last line may be half written by a run that goes on.
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
      if (!line.isBlank()) {
        lines.add(JSON.readTree(line));
      }
    }
    return lines;
  }
}
