// SPDX-License-Identifier: Apache-2.0
// A run's folder belongs to one process at a time, and says what is needed to go on or to export:
// checkpoints, metrics, config.json and the tokenizer.
package io.qwenjet.train.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A run's folder, held until it is closed. The system gives it back when the process dies. */
public final class RunFolder implements AutoCloseable {
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "vocab.json", "merges.txt");

  private final Path folder;
  private final FileChannel channel;

  private RunFolder(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * Makes the folder if need be and holds it.
   *
   * @throws CheckpointException when another process holds it
   */
  public static RunFolder hold(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new CheckpointException(folder + ": expected a run that nobody works at, got one that another process holds");
    }
    return new RunFolder(folder, channel);
  }

  /** The run's checkpoints. */
  public CheckpointStore checkpoints() {
    return new CheckpointStore(folder);
  }

  /** Copies the files of a tokenizer that are there. */
  public static void copyTokenizer(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    for (String name : TOKENIZER_FILES) {
      if (Files.exists(from.resolve(name))) {
        Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** SHA-256 over the contents of files, one after the other, in hexadecimal. */
  public static String digest(List<Path> files) throws IOException {
    MessageDigest digest = sha256();
    byte[] block = new byte[1 << 20];
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        for (int count = in.read(block); count >= 0; count = in.read(block)) {
          digest.update(block, 0, count);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** SHA-256 over the texts of values, in hexadecimal. */
  public static String digestOf(Object... values) {
    MessageDigest digest = sha256();
    for (Object value : values) {
      digest.update((value + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
