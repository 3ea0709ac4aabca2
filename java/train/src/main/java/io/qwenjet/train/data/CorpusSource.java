// SPDX-License-Identifier: Apache-2.0
// Where lines of JSON come from: files, or a generator. One line is in memory at a time.
package io.qwenjet.train.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongFunction;

/** A sequence of lines that can be read more than once. */
@FunctionalInterface
public interface CorpusSource {
  /** Takes lines. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes a line.
     *
     * @param json the line without its end; not null
     * @param isUtf8 whether its bytes were well-formed UTF-8; if not, U+FFFD stands where they were not
     * @throws IOException if it cannot be written on
     */
    void line(String json, boolean isUtf8) throws IOException;
  }

  /**
   * Gives all lines to a sink, in order.
   *
   * @throws IOException if a file cannot be read
   */
  void forEach(Sink sink) throws IOException;

  /** Returns the lines of files; blank lines are passed over. */
  static CorpusSource of(List<Path> files) {
    List<Path> all = List.copyOf(files);
    return sink -> {
      for (Path file : all) {
        read(file, sink);
      }
    };
  }

  /**
   * Returns the lines that a generator makes of the numbers from 0 to below {@code count}.
   *
   * @param lines from a number to a line of JSON; the same every time
   */
  static CorpusSource generated(LongFunction<String> lines, long count) {
    return sink -> {
      for (long i = 0; i < count; i++) {
        sink.line(lines.apply(i), true);
      }
    };
  }

  private static void read(Path file, Sink sink) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream(1 << 12);
      for (int b = in.read(); ; b = in.read()) {
        if (b >= 0 && b != '\n') {
          line.write(b);
          continue;
        }
        give(line.toByteArray(), sink);
        line.reset();
        if (b < 0) {
          return;
        }
      }
    }
  }

  private static void give(byte[] bytes, Sink sink) throws IOException {
    String text;
    boolean isUtf8 = true;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      text = new String(bytes, StandardCharsets.UTF_8);
      isUtf8 = false;
    }
    if (!text.isBlank()) {
      sink.line(text.strip(), isUtf8);
    }
  }
}
