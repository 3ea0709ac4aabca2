// SPDX-License-Identifier: Apache-2.0
// The folder that a quantised checkpoint is written to: everything goes into a temporary folder
// beside it, which takes the name when it is whole. Nothing is left where the work fails, is
// cancelled or the process is ended by a signal.
package io.qwenjet.cli.quantize;

import io.qwenjet.cli.CommandException;
import io.qwenjet.engine.ModelLocation;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;

/** A folder in the making. For one thread. */
public final class OutputFolder implements AutoCloseable {
  /** What belongs to a model beside configuration and weights, as far as it is there. */
  private static final List<String> COPIED =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "vocab.json",
          "merges.txt",
          "special_tokens_map.json",
          "added_tokens.json",
          "generation_config.json",
          "chat_template.jinja",
          "chat_template.json",
          "preprocessor_config.json",
          "processor_config.json",
          "video_preprocessor_config.json",
          "prompts.txt",
          "LICENSE");

  private final Path out;
  private final Path temporary;
  private final Thread cleaner;

  /**
   * Makes the temporary folder.
   *
   * @throws CommandException if the folder is there and not empty, or the disk has less than
   *     neededBytes left
   */
  public OutputFolder(Path out, long neededBytes) throws IOException {
    this.out = out.toAbsolutePath().normalize();
    requireNewOrEmpty(this.out);
    Path parent = this.out.getParent();
    Files.createDirectories(parent);
    long free = Files.getFileStore(parent).getUsableSpace();
    if (free < neededBytes) {
      throw new CommandException(
          out + ": expected " + neededBytes + " bytes of free space, got " + free);
    }
    temporary = Files.createTempDirectory(parent, "." + this.out.getFileName() + ".quantizing-");
    cleaner = new Thread(() -> deleteAll(temporary), "qwenjet-quantize-cleaner");
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  /**
   * Fails if a folder cannot be written to.
   *
   * @throws CommandException if it is there and not empty, or is a file
   */
  public static void requireNewOrEmpty(Path out) throws IOException {
    if (!Files.exists(out)) {
      return;
    }
    if (Files.isDirectory(out)) {
      try (var files = Files.list(out)) {
        Optional<Path> held = files.findFirst();
        if (held.isEmpty()) {
          return;
        }
        throw new CommandException(
            out
                + ": expected a new or empty folder, got one that holds "
                + held.get().getFileName());
      }
    }
    throw new CommandException(out + ": expected a new or empty folder, got a file");
  }

  /** Where methods write. */
  public Path temporary() {
    return temporary;
  }

  /** Gives a method's folder its configuration, the model's small files and the final name. */
  public void publish(String method, byte[] config, ModelLocation model) throws IOException {
    Path folder = temporary.resolve(method);
    Files.write(folder.resolve("config.json"), config);
    for (String name : COPIED) {
      Optional<byte[]> bytes = model.file(name);
      if (bytes.isPresent()) {
        Files.write(folder.resolve(name), bytes.get());
      }
    }
    Files.deleteIfExists(out);
    Files.move(folder, out, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() {
    deleteAll(temporary);
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      // The process is ending: the hook runs or has run.
    }
  }

  private static void deleteAll(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException error)
                throws IOException {
              Files.delete(visited);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // What cannot be deleted stays: a temporary folder whose name says what it is.
    }
  }
}
