// SPDX-License-Identifier: Apache-2.0
// The generator's lines as a file. Line i depends on (seed, i) alone, so threads make stretches of
// lines side by side and the file is the same with any number of them.
package io.qwenjet.train.cli;

import io.qwenjet.cli.ProgressBar;
import io.qwenjet.cli.Streams;
import io.qwenjet.corpus.CorpusGenerator;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

final class CorpusFile {
  private static final int STRETCH = 500;

  private CorpusFile() {}

  /** Writes so many of a generator's lines from {@code first} on; the file appears when it is whole. */
  static void write(Path file, CorpusGenerator generator, long first, long lines, Streams streams)
      throws IOException {
    int threads = Runtime.getRuntime().availableProcessors();
    ExecutorService makers = Executors.newFixedThreadPool(threads);
    Path half = file.resolveSibling(file.getFileName() + ".half");
    try (BufferedWriter out = Files.newBufferedWriter(half);
        ProgressBar bar = new ProgressBar(streams, "generating")) {
      ArrayDeque<Future<String>> stretches = new ArrayDeque<>();
      long submitted = 0;
      for (long done = 0; done < lines; done += STRETCH) {
        while (submitted < lines && stretches.size() < 2 * threads) {
          long from = submitted;
          long to = Math.min(lines, from + STRETCH);
          stretches.add(makers.submit(() -> stretch(generator, first + from, first + to)));
          submitted = to;
        }
        out.write(result(stretches.remove()));
        bar.update(done, lines, done + " lines");
      }
    } finally {
      makers.shutdownNow();
    }
    Files.move(half, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String stretch(CorpusGenerator generator, long from, long to) {
    StringBuilder text = new StringBuilder();
    for (long i = from; i < to; i++) {
      text.append(generator.example(i).toJson()).append('\n');
    }
    return text.toString();
  }

  private static String result(Future<String> stretch) throws IOException {
    try {
      return stretch.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while text was generated");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
