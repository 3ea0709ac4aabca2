// SPDX-License-Identifier: Apache-2.0
// Checkpoints of one run: checkpoint-STEP files, the newest two. A file is written under another
// name, forced to the disk and renamed, then the folder is forced: a crash at any moment leaves the
// older files whole. The layout: 8 bytes of magic, the header's length, the header as JSON, the state
// pieces one after the other, and the SHA-256 of all that; a file whose digest differs is passed over.
package io.qwenjet.train.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The checkpoints in a run's folder. One process writes at a time; no argument may be null. */
public final class CheckpointStore {
  private static final long MAGIC = 0x514a_545f_434b_5031L; // "QJT_CKP1"
  private static final int DIGEST_BYTES = 32;
  private static final int KEPT = 2;
  private static final int BLOCK = 1 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Runnable afterBlock;

  /** Checkpoints in a folder, which is made when the first is written. */
  public CheckpointStore(Path folder) {
    this(folder, () -> {});
  }

  /** With something to do after each block that is written, so that tests can end a write half way. */
  CheckpointStore(Path folder, Runnable afterBlock) {
    this.folder = folder;
    this.afterBlock = afterBlock;
  }

  /**
   * What stands in a checkpoint besides the state's bytes.
   *
   * @param run where the run stood
   * @param identity the recipe's values that matter
   * @param metricsBytes length of the metrics file at that moment
   */
  public record Header(RunState run, Map<String, String> identity, long metricsBytes) {}

  /** Writes a checkpoint and removes all but the newest two; returns once the disk holds it. */
  public Path write(Header header, List<StepMachine.State> state) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(String.format("checkpoint-%09d", header.run().step()));
    Path half = folder.resolve(file.getFileName() + ".half");
    MessageDigest digest = sha256();
    try (FileChannel out =
        FileChannel.open(half, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
      byte[] json = JSON.writeValueAsBytes(toJson(header, state));
      ByteBuffer front = ByteBuffer.allocate(12 + json.length);
      put(out, digest, front.putLong(MAGIC).putInt(json.length).put(json).flip());
      for (StepMachine.State piece : state) {
        put(out, digest, piece.bytes().duplicate().rewind());
      }
      ByteBuffer seal = ByteBuffer.wrap(digest.digest());
      while (seal.hasRemaining()) {
        out.write(seal);
      }
      out.force(true);
    }
    try {
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      throw new CheckpointException(folder + ": expected a file system that renames atomically, got " + e.getReason());
    }
    forceFolder();
    List<Path> files = files();
    for (Path old : files.subList(Math.min(KEPT, files.size()), files.size())) {
      Files.deleteIfExists(old);
    }
    return file;
  }

  /** Removes every checkpoint. */
  public void clear() throws IOException {
    for (Path file : files()) {
      Files.delete(file);
    }
  }

  /** Whether there is no checkpoint, readable or not. */
  public boolean isEmpty() throws IOException {
    return files().isEmpty();
  }

  /**
   * Reads the newest whole checkpoint's header and makes sure that its bytes are as written.
   *
   * @param passedOver is told of each newer file that is not whole
   * @return null when there is none
   */
  public Path newest(Consumer<String> passedOver) throws IOException {
    for (Path file : files()) {
      try {
        verify(file);
        return file;
      } catch (CheckpointException e) {
        passedOver.accept(e.getMessage());
      }
    }
    return null;
  }

  /** The header of a checkpoint file. */
  public static Header header(Path file) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      return toHeader(file, front(file, in));
    }
  }

  /** Overwrites the state with a checkpoint's, which {@link #newest} has looked at. */
  public static Header read(Path file, List<StepMachine.State> state) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      JsonNode json = front(file, in);
      JsonNode pieces = json.get("state");
      for (int i = 0; i < state.size(); i++) {
        StepMachine.State piece = state.get(i);
        String expected = piece.name() + " of " + piece.bytes().limit() + " bytes";
        String got = pieces.has(i)
            ? pieces.get(i).get("name").asText() + " of " + pieces.get(i).get("bytes").asLong() + " bytes"
            : "none";
        if (!expected.equals(got)) {
          throw new CheckpointException(file + ": expected the state " + expected + ", got " + got);
        }
      }
      for (StepMachine.State piece : state) {
        fill(file, in, piece.bytes().duplicate().rewind());
      }
      return toHeader(file, json);
    }
  }

  /** Reads one piece of a checkpoint's state into memory of the JVM, for exports. */
  public static byte[] piece(Path file, String name) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      JsonNode json = front(file, in);
      long offset = in.position();
      for (JsonNode piece : json.get("state")) {
        long bytes = piece.get("bytes").asLong();
        if (piece.get("name").asText().equals(name)) {
          byte[] held = new byte[Math.toIntExact(bytes)];
          in.position(offset);
          fill(file, in, ByteBuffer.wrap(held));
          return held;
        }
        offset += bytes;
      }
      throw new CheckpointException(file + ": expected a state piece " + name + ", got none");
    }
  }

  /** Names the first value in which a recipe differs from the checkpoint's, or returns null. */
  public static String difference(Map<String, String> checkpoint, Map<String, String> recipe) {
    Map<String, String> all = new TreeMap<>(checkpoint);
    all.putAll(recipe);
    for (String key : all.keySet()) {
      String had = checkpoint.getOrDefault(key, "nothing");
      String has = recipe.getOrDefault(key, "nothing");
      if (!had.equals(has)) {
        return key + ": expected " + had + " as in the checkpoint, got " + has;
      }
    }
    return null;
  }

  /** Newest first. */
  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return files;
    }
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "checkpoint-?????????")) {
      found.forEach(files::add);
    }
    files.sort(Comparator.reverseOrder());
    return files;
  }

  private void put(FileChannel out, MessageDigest digest, ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + BLOCK));
      digest.update(bytes.duplicate());
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      afterBlock.run();
    }
  }

  private static void verify(Path file) throws IOException {
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      long left = in.size() - DIGEST_BYTES;
      if (left < 12) {
        throw new CheckpointException(file + ": expected a whole checkpoint, got " + in.size() + " bytes");
      }
      MessageDigest digest = sha256();
      ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
      while (left > 0) {
        fill(file, in, block.clear().limit((int) Math.min(BLOCK, left)));
        left -= block.limit();
        digest.update(block.flip());
      }
      ByteBuffer seal = ByteBuffer.allocate(DIGEST_BYTES);
      fill(file, in, seal);
      if (!MessageDigest.isEqual(digest.digest(), seal.array())) {
        throw new CheckpointException(file + ": expected the digest at its end, got bytes that have another");
      }
    }
  }

  private static JsonNode front(Path file, FileChannel in) throws IOException {
    ByteBuffer fixed = ByteBuffer.allocate(12);
    fill(file, in, fixed);
    fixed.flip();
    long magic = fixed.getLong();
    int length = fixed.getInt();
    if (magic != MAGIC || length < 0 || length > in.size()) {
      throw new CheckpointException(file + ": expected a checkpoint of this program, got another file");
    }
    byte[] json = new byte[length];
    fill(file, in, ByteBuffer.wrap(json));
    return JSON.readTree(json);
  }

  private static void fill(Path file, FileChannel in, ByteBuffer to) throws IOException {
    while (to.hasRemaining()) {
      if (in.read(to) < 0) {
        throw new CheckpointException(file + ": expected " + to.remaining() + " bytes more, got the file's end");
      }
    }
  }

  /** The rename itself is safe only once the folder is on the disk. */
  private void forceFolder() throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static ObjectNode toJson(Header header, List<StepMachine.State> state) {
    ObjectNode json = JSON.createObjectNode();
    json.set("run", JSON.valueToTree(header.run()));
    json.set("recipe", JSON.valueToTree(header.identity()));
    json.put("metrics_bytes", header.metricsBytes());
    ArrayNode pieces = json.putArray("state");
    for (StepMachine.State piece : state) {
      pieces.addObject().put("name", piece.name()).put("bytes", (long) piece.bytes().limit());
    }
    return json;
  }

  private static Header toHeader(Path file, JsonNode json) throws IOException {
    Map<String, String> identity = new TreeMap<>();
    json.get("recipe").fields().forEachRemaining(entry -> identity.put(entry.getKey(), entry.getValue().asText()));
    try {
      return new Header(JSON.treeToValue(json.get("run"), RunState.class), identity, json.get("metrics_bytes").asLong());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(file + ": expected the header of a run, got " + e.getMessage());
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
