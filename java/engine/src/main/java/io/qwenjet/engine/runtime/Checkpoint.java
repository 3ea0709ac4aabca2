// SPDX-License-Identifier: Apache-2.0
// An opened checkpoint: configuration, tensor list, GGUF metadata, memory figures; models are opened
// from it. Native code reads the files.
package io.qwenjet.engine.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.bindings.LoadProgress;
import io.qwenjet.bindings.MemoryFigures;
import io.qwenjet.bindings.NativeCheckpoint;
import io.qwenjet.bindings.NativeModel;
import io.qwenjet.engine.Compute;
import io.qwenjet.engine.ErrorCode;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.LoadListener;
import io.qwenjet.engine.ModelFormatException;
import io.qwenjet.engine.ModelLocation;
import java.nio.file.Path;
import java.util.Map;

/** An opened checkpoint folder, .gguf file or embedded model. For one thread at a time. */
public final class Checkpoint implements AutoCloseable {
  private final NativeCheckpoint checkpoint;
  private final ModelLocation location;
  private ModelConfig config;

  private Checkpoint(NativeCheckpoint checkpoint, ModelLocation location) {
    this.checkpoint = checkpoint;
    this.location = location;
  }

  /**
   * Opens a checkpoint; reads headers only.
   *
   * @param path a checkpoint folder or a .gguf file
   * @return a checkpoint that the caller closes
   */
  public static Checkpoint open(Path path) {
    return open(ModelLocation.of(path));
  }

  /**
   * Opens a checkpoint; of one on disk it reads headers only.
   *
   * @param location where it lies
   * @return a checkpoint that the caller closes
   */
  public static Checkpoint open(ModelLocation location) {
    if (!location.isEmbedded()) {
      return new Checkpoint(
          NativeStatus.call(() -> NativeCheckpoint.open(location.path())), location);
    }
    byte[] config = required(location, "config.json");
    byte[] weights = required(location, "model.safetensors");
    return new Checkpoint(
        NativeStatus.call(() -> NativeCheckpoint.openMemory(location.name(), config, weights)),
        location);
  }

  private static byte[] required(ModelLocation location, String name) {
    return location
        .file(name)
        .orElseThrow(
            () -> new ModelFormatException(location + ": expected " + name + ", got none"));
  }

  /**
   * Returns where it lies.
   *
   * @return the location it was opened with
   */
  public ModelLocation location() {
    return location;
  }

  /**
   * Says whether it is a GGUF file.
   *
   * @return false for a folder
   */
  public boolean isGguf() {
    return location.isGguf();
  }

  /**
   * Returns the configuration.
   *
   * @return read once
   */
  public ModelConfig config() {
    if (config == null) {
      config = new ModelConfig(configJson());
    }
    return config;
  }

  /**
   * Returns the configuration in its canonical form.
   *
   * @return one JSON object
   */
  public String configJson() {
    return NativeStatus.call(checkpoint::config);
  }

  /**
   * Returns the list of tensors.
   *
   * @return a JSON list of objects with name, dtype, shape, size_bytes and file
   */
  public String tensorsJson() {
    return NativeStatus.call(checkpoint::tensors);
  }

  /**
   * Returns how the weights would be held.
   *
   * @param compute the number type that is computed in
   * @return a JSON object with method and forms, as the C API describes it
   */
  public String weightsJson(Compute compute) {
    return NativeStatus.call(() -> checkpoint.weights(RuntimeOptions.dtypeCode(compute)));
  }

  /**
   * Returns GGUF metadata.
   *
   * @return one JSON object; empty for safetensors
   */
  public String metadataJson() {
    return NativeStatus.call(checkpoint::metadata);
  }

  /**
   * Returns GGUF metadata as plain values.
   *
   * @return maps, lists, strings and numbers
   */
  public Map<String, Object> metadata() {
    return parseMetadata(metadataJson());
  }

  /**
   * Returns metadata as plain values.
   *
   * @param json what metadataJson gave
   * @return maps, lists, strings and numbers
   */
  public static Map<String, Object> parseMetadata(String json) {
    try {
      return new ObjectMapper().readValue(json, new TypeReference<Map<String, Object>>() {});
    } catch (JsonProcessingException e) {
      throw new InferenceException(
          ErrorCode.INTERNAL, "the native library gave metadata that is no JSON: " + e);
    }
  }

  /**
   * Returns what opening the model would take.
   *
   * @param options how it would be opened
   * @return bytes of host memory
   */
  public MemoryFigures plan(RuntimeOptions options) {
    return NativeStatus.call(() -> checkpoint.plan(options.toNative()));
  }

  /**
   * Returns the loaded model. Blocks; an interrupt ends it with a CancelledException.
   *
   * @param options how to open it
   * @param listener hears how far it is; null for nobody
   * @return a model that the caller closes; this checkpoint may be closed before it
   */
  public ModelRuntime openModel(RuntimeOptions options, LoadListener listener) {
    try (LoadProgress progress = NativeStatus.call(LoadProgress::new);
        LoadWatch watch = new LoadWatch(progress, listener)) {
      NativeModel model =
          NativeStatus.call(() -> checkpoint.openModel(options.toNative(), progress));
      watch.finished();
      return new ModelRuntime(model, config(), options);
    }
  }

  /**
   * Writes a quantised copy of the weights for every method. Blocks; an interrupt ends it with a
   * CancelledException.
   *
   * @param settings how; not null
   * @param ids the tokens of all sequences behind each other
   * @param lengths tokens of each sequence: those for calibration, then those for evaluation
   * @param folder exists; each method's files go into a folder of its name in it
   * @param listener hears how far it is; null for nobody
   * @return what was measured, one JSON object
   */
  public String quantize(
      QuantizeSettings settings, int[] ids, int[] lengths, Path folder, LoadListener listener) {
    try (LoadProgress progress = NativeStatus.call(LoadProgress::new);
        LoadWatch watch = new LoadWatch(progress, listener)) {
      String report =
          NativeStatus.call(
              () -> checkpoint.quantize(settings.toNative(), ids, lengths, folder, progress));
      watch.finished();
      return report;
    }
  }

  @Override
  public void close() {
    checkpoint.close();
  }
}
