// SPDX-License-Identifier: Apache-2.0
// One line on standard error that is rewritten while work goes on; silent where that is no terminal.
package io.qwenjet.cli;

/** A progress bar. Safe from any thread; closing removes the line. */
public final class ProgressBar implements AutoCloseable {
  private static final int WIDTH = 24;
  private static final long REDRAW_NS = 100_000_000;

  private final Streams streams;
  private final String title;
  private long lastDrawnNs;
  private boolean drawn;
  private boolean closed;

  /** A bar that draws nothing before its first update. */
  public ProgressBar(Streams streams, String title) {
    this.streams = streams;
    this.title = title;
  }

  /** Shows how far the work is; most calls do nothing, so that it costs nothing to call often. */
  public synchronized void update(long done, long total, String what) {
    long now = System.nanoTime();
    boolean isDue = !drawn || now - lastDrawnNs >= REDRAW_NS || done == total;
    if (!streams.errIsTerminal() || closed || total <= 0 || !isDue) {
      return;
    }
    int filled = (int) Math.min(WIDTH, done * WIDTH / total);
    streams.err().print(
        "\r\u001b[K"
            + title
            + " ["
            + "#".repeat(filled)
            + " ".repeat(WIDTH - filled)
            + "] "
            + Math.min(100, done * 100 / total)
            + "% "
            + what);
    streams.err().flush();
    lastDrawnNs = now;
    drawn = true;
  }

  @Override
  public synchronized void close() {
    if (drawn && !closed) {
      streams.err().print("\r\u001b[K");
      streams.err().flush();
    }
    closed = true;
  }
}
