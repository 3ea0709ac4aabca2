// SPDX-License-Identifier: Apache-2.0
// Writes a whole checkpoint folder, sharded as the releases are. config.json comes last, so that what
// was cut off in between is not taken for a model.
package io.qwenjet.cli.synthesize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.qwenjet.cli.synthesize.ModelShape.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Makes checkpoints with random weights. */
public final class CheckpointWriter {
  /** Releases are cut at about 4 GB. */
  private static final long MAX_SHARD_BYTES = 4_000_000_000L;

  private final ModelShape shape;
  private final long seed;
  private final int threads;
  private final long maxShardBytes;

  /** Hears how many bytes of weights are written; called by several threads. */
  public interface Progress {
    /** Takes a state. */
    void update(long doneBytes, long totalBytes);
  }

  /** A writer for a shape; the same seed gives the same bytes with any number of threads. */
  public CheckpointWriter(ModelShape shape, long seed, int threads) {
    this(shape, seed, threads, MAX_SHARD_BYTES);
  }

  CheckpointWriter(ModelShape shape, long seed, int threads, long maxShardBytes) {
    this.shape = shape;
    this.seed = seed;
    this.threads = threads;
    this.maxShardBytes = maxShardBytes;
  }

  /** Bytes of all tensors. */
  public long sizeBytes() {
    return 2 * shape.parameters();
  }

  /**
   * Writes the folder, which must not hold a checkpoint yet.
   *
   * @param folder made if it is not there
   * @param tokenizer a folder whose tokenizer is copied; null for a generated one
   * @throws IOException if a file cannot be written or copied
   */
  public void write(Path folder, Path tokenizer, Progress progress) throws IOException {
    Files.createDirectories(folder);
    ObjectWriter json = new ObjectMapper().writerWithDefaultPrettyPrinter();
    if (tokenizer == null) {
      TokenizerFiles.write(folder);
    } else {
      TokenizerFiles.copy(tokenizer, folder);
    }
    List<List<TensorSpec>> shards = shards();
    SafetensorsWriter writer = new SafetensorsWriter(new RandomWeights(), seed);
    AtomicLong done = new AtomicLong();
    long total = sizeBytes();
    Map<String, String> weightMap = new TreeMap<>();
    int firstIdx = 0;
    for (int i = 0; i < shards.size(); i++) {
      String name = fileName(i, shards.size());
      List<TensorSpec> tensors = shards.get(i);
      writer.write(
          folder.resolve(name),
          tensors,
          firstIdx,
          threads,
          bytes -> progress.update(done.addAndGet(bytes), total));
      tensors.forEach(tensor -> weightMap.put(tensor.name(), name));
      firstIdx += tensors.size();
    }
    if (shards.size() > 1) {
      Map<String, Object> index = new LinkedHashMap<>();
      index.put("metadata", Map.of("total_size", total));
      index.put("weight_map", weightMap);
      json.writeValue(folder.resolve("model.safetensors.index.json").toFile(), index);
    }
    json.writeValue(folder.resolve("generation_config.json").toFile(), generationConfig());
    json.writeValue(folder.resolve("config.json").toFile(), shape.config());
  }

  private List<List<TensorSpec>> shards() {
    List<List<TensorSpec>> shards = new ArrayList<>();
    List<TensorSpec> current = new ArrayList<>();
    long size = 0;
    for (TensorSpec tensor : shape.tensors()) {
      if (!current.isEmpty() && size + tensor.sizeBytes() > maxShardBytes) {
        shards.add(current);
        current = new ArrayList<>();
        size = 0;
      }
      current.add(tensor);
      size += tensor.sizeBytes();
    }
    shards.add(current);
    return shards;
  }

  private static String fileName(int shard, int count) {
    return count == 1
        ? "model.safetensors"
        : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", shard + 1, count);
  }

  private static Map<String, Object> generationConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("bos_token_id", TokenizerFiles.END_OF_TEXT);
    config.put("do_sample", true);
    config.put("eos_token_id", List.of(TokenizerFiles.IM_END, TokenizerFiles.END_OF_TEXT));
    config.put("pad_token_id", TokenizerFiles.END_OF_TEXT);
    config.put("temperature", 0.6);
    config.put("top_k", 20);
    config.put("top_p", 0.95);
    return config;
  }
}
