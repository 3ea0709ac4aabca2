// SPDX-License-Identifier: Apache-2.0
// Writes one .safetensors file: 8 bytes header length, JSON header, tensors one after another.
// Blocks are written at their place by several threads.
package io.qwenjet.cli.synthesize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.synthesize.ModelShape.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

final class SafetensorsWriter {
  private static final int BLOCK_BYTES = 4 << 20;
  private static final int HEADER_ALIGNMENT = 8;

  private final RandomWeights weights;
  private final long seed;

  /** One stretch of a tensor. */
  private record Block(TensorSpec tensor, int tensorIdx, long blockIdx, long fileOffset, int size) {}

  /** Hears of bytes that were written; called by several threads. */
  interface Progress {
    void written(long bytes);
  }

  SafetensorsWriter(RandomWeights weights, long seed) {
    this.weights = weights;
    this.seed = seed;
  }

  /** The tensors of a file, the first of which is number firstIdx of the checkpoint. */
  void write(Path file, List<TensorSpec> tensors, int firstIdx, int threads, Progress progress)
      throws IOException {
    byte[] header = header(tensors);
    List<Block> blocks = blocks(tensors, firstIdx, Long.BYTES + header.length);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer start =
          ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
      start.putLong(header.length).put(header).flip();
      writeFully(channel, start, 0);
      AtomicInteger next = new AtomicInteger();
      Callable<Void> work =
          () -> {
            ByteBuffer buffer =
                ByteBuffer.allocateDirect(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = next.getAndIncrement(); i < blocks.size(); i = next.getAndIncrement()) {
              writeBlock(channel, blocks.get(i), buffer);
              progress.written(blocks.get(i).size());
            }
            return null;
          };
      Workers.run(threads, work);
    }
  }

  private void writeBlock(FileChannel channel, Block block, ByteBuffer buffer) throws IOException {
    buffer.clear().limit(block.size());
    if (block.tensor().isNorm()) {
      RandomWeights.fillOnes(buffer);
    } else {
      weights.fill(buffer, seed, block.tensorIdx(), block.blockIdx());
    }
    writeFully(channel, buffer, block.fileOffset());
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long offset)
      throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private static List<Block> blocks(List<TensorSpec> tensors, int firstIdx, long dataStart) {
    List<Block> blocks = new ArrayList<>();
    long offset = dataStart;
    for (int t = 0; t < tensors.size(); t++) {
      TensorSpec tensor = tensors.get(t);
      for (long done = 0; done < tensor.sizeBytes(); done += BLOCK_BYTES) {
        int size = (int) Math.min(BLOCK_BYTES, tensor.sizeBytes() - done);
        blocks.add(new Block(tensor, firstIdx + t, done / BLOCK_BYTES, offset + done, size));
      }
      offset += tensor.sizeBytes();
    }
    return blocks;
  }

  private static byte[] header(List<TensorSpec> tensors) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode header = mapper.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (TensorSpec tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.name());
      entry.put("dtype", "BF16");
      entry.set("shape", mapper.valueToTree(tensor.shape()));
      entry.putArray("data_offsets").add(offset).add(offset + tensor.sizeBytes());
      offset += tensor.sizeBytes();
    }
    String text = mapper.writeValueAsString(header);
    int size = text.getBytes(StandardCharsets.UTF_8).length;
    int padding = Math.floorMod(-size, HEADER_ALIGNMENT);
    return (text + " ".repeat(padding)).getBytes(StandardCharsets.UTF_8);
  }
}
