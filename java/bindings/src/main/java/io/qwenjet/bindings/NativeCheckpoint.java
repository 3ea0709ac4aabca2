// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import io.qwenjet.bindings.capi.qj_checkpoint;
import io.qwenjet.bindings.capi.qj_memory_plan;
import io.qwenjet.bindings.capi.qj_model;
import io.qwenjet.bindings.capi.qj_model_options;
import io.qwenjet.bindings.capi.qj_progress;
import io.qwenjet.bindings.capi.qj_quantize_options;
import io.qwenjet.bindings.capi.qj_text;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * An opened checkpoint: its configuration and its tensors, from which models are loaded. Reads are
 * safe from any thread; closing is safe at any time, and models that were opened from it stay.
 *
 * <p>Every method throws {@link NativeException}: the library's code, or CLOSED.
 */
public final class NativeCheckpoint implements AutoCloseable {
  private final NativeHandle<qj_checkpoint> handle;

  private NativeCheckpoint(String what, qj_checkpoint checkpoint) {
    handle = new NativeHandle<>(what, checkpoint, QwenjetC::qj_checkpoint_close);
  }

  /** Opens a checkpoint folder or a .gguf file. */
  public static NativeCheckpoint open(Path path) {
    return open(path, true);
  }

  /**
   * Opens a checkpoint whose files lie in memory; the arrays are not kept.
   *
   * @param name what messages call it
   * @param config the bytes of config.json
   * @param weights the bytes of one .safetensors file
   */
  public static NativeCheckpoint openMemory(String name, byte[] config, byte[] weights) {
    NativeLibrary.load();
    qj_checkpoint checkpoint = new qj_checkpoint();
    try (BytePointer nativeName = new BytePointer(name, NativeLibrary.UTF_8);
        BytePointer text =
            new BytePointer(new String(config, NativeLibrary.UTF_8), NativeLibrary.UTF_8);
        BytePointer bytes = new BytePointer(Math.max(1, weights.length))) {
      bytes.put(weights, 0, weights.length);
      NativeLibrary.check(
          QwenjetC.qj_checkpoint_open_memory(
              nativeName, text, bytes, weights.length, checkpoint));
    } finally {
      NativeLog.drain();
    }
    return new NativeCheckpoint("checkpoint " + name, checkpoint);
  }

  /** Opens one .safetensors file as a bare container of tensors. */
  public static NativeCheckpoint openTensors(Path file) {
    return open(file, false);
  }

  private static NativeCheckpoint open(Path path, boolean whole) {
    NativeLibrary.load();
    qj_checkpoint checkpoint = new qj_checkpoint();
    try (BytePointer name = new BytePointer(path.toString(), NativeLibrary.UTF_8)) {
      NativeLibrary.check(
          whole
              ? QwenjetC.qj_checkpoint_open(name, checkpoint)
              : QwenjetC.qj_tensors_open(name, checkpoint));
    } finally {
      NativeLog.drain();
    }
    return new NativeCheckpoint("checkpoint " + path, checkpoint);
  }

  /** The configuration in canonical form: one JSON object, keys as in config.json. */
  public String config() {
    return json(QwenjetC::qj_checkpoint_config);
  }

  /** A JSON array of {"name", "dtype", "shape", "size_bytes", "file"}. */
  public String tensors() {
    return json(QwenjetC::qj_checkpoint_tensors);
  }

  /**
   * How the weights would be held: one JSON object with "method" and "forms".
   *
   * @param computeDtype a dtype of {@link ModelOptions}
   */
  public String weights(int computeDtype) {
    return json(
        (checkpoint, text) -> QwenjetC.qj_checkpoint_weights(checkpoint, computeDtype, text));
  }

  /** GGUF metadata as one JSON object; "{}" for safetensors. */
  public String metadata() {
    return json(QwenjetC::qj_checkpoint_metadata);
  }

  /**
   * The stored bytes of a tensor, in a direct buffer of the machine's byte order.
   *
   * @param sizeBytes its size as {@link #tensors()} says, at most 2 GiB - 1
   */
  public ByteBuffer read(String tensor, long sizeBytes) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(sizeBytes)).order(ByteOrder.nativeOrder());
    handle.use(
        checkpoint -> {
          try (BytePointer name = new BytePointer(tensor, NativeLibrary.UTF_8)) {
            NativeLibrary.check(
                QwenjetC.qj_checkpoint_read(checkpoint, name, new Pointer(bytes), sizeBytes));
          }
          return null;
        });
    return bytes;
  }

  /** What {@link #openModel} with these options would take. */
  public MemoryFigures plan(ModelOptions options) {
    return handle.use(
        checkpoint -> {
          try (qj_model_options nativeOptions = toNative(options);
              qj_memory_plan plan = new qj_memory_plan()) {
            NativeLibrary.check(QwenjetC.qj_model_plan(checkpoint, nativeOptions, plan));
            return MemoryFigures.of(plan);
          } finally {
            NativeLog.drain();
          }
        });
  }

  /**
   * Loads the weights; blocks until done, failed or cancelled by {@code progress}, which may be
   * null.
   */
  public NativeModel openModel(ModelOptions options, LoadProgress progress) {
    if (progress == null) {
      return openModel(options, (qj_progress) null);
    }
    return progress.handle().use(nativeProgress -> openModel(options, nativeProgress));
  }

  private NativeModel openModel(
      ModelOptions options, qj_progress progress) {
    return handle.use(
        checkpoint -> {
          qj_model model = new qj_model();
          try (qj_model_options nativeOptions = toNative(options)) {
            NativeLibrary.check(
                QwenjetC.qj_model_open(checkpoint, nativeOptions, progress, model));
          } finally {
            NativeLog.drain();
          }
          return new NativeModel(model);
        });
  }

  /**
   * Writes a quantised copy of the weights for every method, each into a folder of its name inside
   * {@code folder}, which exists. Blocks until done, failed or cancelled by {@code progress}, which
   * may be null.
   *
   * @param ids the tokens of all sequences behind each other
   * @param lengths tokens of each sequence: first those for calibration, then for evaluation
   * @return the report, one JSON object
   */
  public String quantize(
      QuantizeOptions options, int[] ids, int[] lengths, Path folder, LoadProgress progress) {
    // The library reads as many as it is told to.
    long sequences = (long) options.numCalibration() + options.numEvaluation();
    if (lengths.length < sequences) {
      throw new IllegalArgumentException(
          "lengths: expected one for each of " + sequences + " sequences, got " + lengths.length);
    }
    long tokens = IntStream.of(lengths).limit(Math.max(0, sequences)).asLongStream().sum();
    if (ids.length < tokens) {
      throw new IllegalArgumentException(
          "ids: expected the " + tokens + " tokens of the sequences, got " + ids.length);
    }
    if (progress == null) {
      return quantize(options, ids, lengths, folder, (qj_progress) null);
    }
    return progress
        .handle()
        .use(nativeProgress -> quantize(options, ids, lengths, folder, nativeProgress));
  }

  private String quantize(
      QuantizeOptions options, int[] ids, int[] lengths, Path folder, qj_progress progress) {
    return handle.use(
        checkpoint -> {
          qj_text report = new qj_text();
          try (qj_quantize_options nativeOptions = toNative(options);
              IntPointer nativeIds = new IntPointer(ids);
              IntPointer nativeLengths = new IntPointer(lengths);
              BytePointer name = new BytePointer(folder.toString(), NativeLibrary.UTF_8)) {
            NativeLibrary.check(
                QwenjetC.qj_quantize(
                    checkpoint, nativeOptions, nativeIds, nativeLengths, name, progress, report));
          } finally {
            NativeLog.drain();
          }
          return take(report);
        });
  }

  @Override
  public void close() {
    handle.close();
  }

  private static qj_quantize_options toNative(QuantizeOptions options) {
    return new qj_quantize_options()
        .bits(options.bits())
        .group_size(options.groupSize())
        .asymmetric(options.asymmetric() ? 1 : 0)
        .methods(options.methods())
        .quantize_embeddings(options.quantizeEmbeddings() ? 1 : 0)
        .isa(options.isa())
        .num_threads(options.numThreads())
        .num_calibration(options.numCalibration())
        .num_evaluation(options.numEvaluation())
        .max_shard_bytes(options.maxShardBytes());
  }

  private static qj_model_options toNative(ModelOptions options) {
    return new qj_model_options()
        .compute_dtype(options.computeDtype())
        .kv_cache(options.kvCache())
        .isa(options.isa())
        .num_threads(options.numThreads())
        .page_size(options.pageSize())
        .num_pages(options.numPages())
        .max_step_tokens(options.maxStepTokens())
        .max_step_sequences(options.maxStepSequences())
        .max_logit_rows(options.maxLogitRows())
        .activations(options.activations());
  }

  private interface JsonCall {
    int apply(qj_checkpoint checkpoint, qj_text text);
  }

  private String json(JsonCall call) {
    return handle.use(
        checkpoint -> {
          qj_text text = new qj_text();
          NativeLibrary.check(call.apply(checkpoint, text));
          return take(text);
        });
  }

  /** The text; it is freed. */
  private static String take(qj_text text) {
    try {
      long size = QwenjetC.qj_text_size(text);
      byte[] bytes = new byte[Math.toIntExact(size)];
      QwenjetC.qj_text_data(text).get(bytes);
      return new String(bytes, NativeLibrary.UTF_8);
    } finally {
      QwenjetC.qj_text_free(text);
    }
  }
}
