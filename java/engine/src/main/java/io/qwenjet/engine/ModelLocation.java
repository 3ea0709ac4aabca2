// SPDX-License-Identifier: Apache-2.0
// Where a model lies: a folder or file on disk, or the resources of this build. Whoever reads small
// files of a model asks here, so that both kinds take the same way.
package io.qwenjet.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Where a model lies. Immutable and safe from any thread; no argument may be null. */
public final class ModelLocation {
  /** Null for the embedded model. */
  private final Path path;

  private ModelLocation(Path path) {
    this.path = path;
  }

  /**
   * Returns the location of a model on disk. Nothing is looked at yet.
   *
   * @param path a checkpoint folder (config.json and safetensors) or a .gguf file
   * @return its location
   */
  public static ModelLocation of(Path path) {
    return new ModelLocation(Require.notNull("path", path));
  }

  /**
   * Returns the location of the model that comes with this build.
   *
   * @return its location
   * @throws UnsupportedModelException if this build has none; see {@link EmbeddedModel#isPresent()}
   */
  public static ModelLocation embedded() {
    EmbeddedModel.requirePresent();
    return new ModelLocation(null);
  }

  /**
   * Says whether this is the model that comes with this build.
   *
   * @return false for a model on disk
   */
  public boolean isEmbedded() {
    return path == null;
  }

  /**
   * Returns what people call the model: the last part of its path, or the embedded model's name.
   *
   * @return a short name
   */
  public String name() {
    if (path == null) {
      return EmbeddedModel.name();
    }
    Path last = path.toAbsolutePath().normalize().getFileName();
    return last == null ? path.toString() : last.toString();
  }

  /**
   * Returns the path of a model on disk; for the embedded model its name, where no file lies.
   *
   * @return the path as it was given
   */
  public Path path() {
    return path == null ? Path.of(EmbeddedModel.name()) : path;
  }

  /**
   * Says whether this is one GGUF file.
   *
   * @return false for a folder and for the embedded model
   */
  public boolean isGguf() {
    return path != null
        && path.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")
        && !Files.isDirectory(path);
  }

  /**
   * Returns the contents of one of the small files that make up a model, such as tokenizer.json. For
   * a file on disk that is what lies beside it.
   *
   * @param name the file's name
   * @return its bytes; empty if there is no such file
   * @throws ModelFormatException if it is there and cannot be read
   */
  public Optional<byte[]> file(String name) {
    Require.notNull("name", name);
    if (path == null) {
      return EmbeddedModel.file(name);
    }
    Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
    return read(folder.resolve(name));
  }

  /** The path as given, or the embedded model's name. */
  @Override
  public String toString() {
    return path().toString();
  }

  static Optional<byte[]> read(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new ModelFormatException(file + ": expected a readable file, got " + e, null, e);
    }
  }
}
