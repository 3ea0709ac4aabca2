// SPDX-License-Identifier: Apache-2.0
// The plot of a run as SVG: loss, learning rate and, where there is one, score, one panel below the
// other over the tokens that were done. Long runs are thinned to the mean of each pixel's steps.
package io.qwenjet.train.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws what a run's folder holds in metrics.jsonl and scores.jsonl. */
public final class Plot {
  /** Lines {"tokens": N, "score": S} of whoever scores a run's exports; S is from 0 to 1. */
  public static final String SCORES = "scores.jsonl";

  private static final int WIDTH = 760;
  private static final int PANEL = 190;
  private static final int LEFT = 70;
  private static final int TOP = 34;
  private static final int GAP = 56;
  private static final int INNER = WIDTH - LEFT - 20;

  private Plot() {}

  /** Writes plot.svg into a run's folder and returns its path. */
  public static Path write(Path folder) throws IOException {
    List<JsonNode> metrics = Metrics.read(folder.resolve(Metrics.FILE_NAME));
    List<JsonNode> scores = Metrics.read(folder.resolve(SCORES));
    Path file = folder.resolve("plot.svg");
    Path half = folder.resolve("plot.svg.half");
    Files.writeString(half, draw(metrics, scores));
    Files.move(half, file, StandardCopyOption.REPLACE_EXISTING);
    return file;
  }

  static String draw(List<JsonNode> metrics, List<JsonNode> scores) {
    List<Panel> panels = new ArrayList<>();
    panels.add(
        new Panel(
            "loss a token (grey: held out)", series(metrics, "loss"), series(metrics, "validation_loss")));
    panels.add(new Panel("learning rate", series(metrics, "lr"), List.of()));
    List<double[]> scored = series(scores, "score");
    if (!scored.isEmpty()) {
      panels.add(new Panel("score", scored, List.of()));
    }
    double last = 1;
    for (Panel panel : panels) {
      for (double[] point : panel.main) {
        last = Math.max(last, point[0]);
      }
    }
    int height = TOP + panels.size() * (PANEL + GAP);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                + " font-size=\"12\"><rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
            WIDTH,
            height));
    for (int i = 0; i < panels.size(); i++) {
      panels.get(i).draw(svg, TOP + i * (PANEL + GAP), last);
    }
    return svg.append("</svg>\n").toString();
  }

  private static List<double[]> series(List<JsonNode> lines, String key) {
    List<double[]> points = new ArrayList<>();
    for (JsonNode line : lines) {
      if (line.has(key) && line.has("tokens")) {
        points.add(new double[] {line.get("tokens").asDouble(), line.get(key).asDouble()});
      }
    }
    return points;
  }

  /** One axis with a line, and a second line in grey. */
  private record Panel(String title, List<double[]> main, List<double[]> beside) {
    void draw(StringBuilder svg, int top, double last) {
      double least = Double.POSITIVE_INFINITY;
      double most = Double.NEGATIVE_INFINITY;
      for (List<double[]> points : List.of(main, beside)) {
        for (double[] point : points) {
          least = Math.min(least, point[1]);
          most = Math.max(most, point[1]);
        }
      }
      if (!(least <= most)) {
        least = 0;
        most = 1;
      }
      least = Math.min(0, least);
      most = most > least ? most : least + 1;
      text(svg, LEFT, top - 10, "start", title);
      for (int i = 0; i <= 4; i++) {
        double value = least + (most - least) * i / 4;
        double y = top + PANEL - PANEL * i / 4.0;
        svg.append(
            String.format(
                Locale.ROOT, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>%n", LEFT, y, LEFT + INNER));
        text(svg, LEFT - 6, y + 4, "end", String.format(Locale.ROOT, "%.3g", value));
        text(
            svg,
            LEFT + INNER * i / 4.0,
            top + PANEL + 16,
            i == 4 ? "end" : "middle",
            tokens(last * i / 4));
      }
      line(svg, thinned(main, last), top, least, most, last, "#1f5fa8");
      line(svg, beside, top, least, most, last, "#777");
    }

    /** The mean of what falls on one pixel. */
    private static List<double[]> thinned(List<double[]> points, double last) {
      if (points.size() <= INNER) {
        return points;
      }
      double[][] sums = new double[INNER + 1][3];
      for (double[] point : points) {
        double[] sum = sums[(int) (point[0] / last * INNER)];
        sum[0] += point[0];
        sum[1] += point[1];
        sum[2]++;
      }
      List<double[]> thin = new ArrayList<>();
      for (double[] sum : sums) {
        if (sum[2] > 0) {
          thin.add(new double[] {sum[0] / sum[2], sum[1] / sum[2]});
        }
      }
      return thin;
    }

    private static void line(
        StringBuilder svg, List<double[]> points, int top, double least, double most, double last, String colour) {
      if (points.isEmpty()) {
        return;
      }
      svg.append("<polyline fill=\"none\" stroke=\"").append(colour).append("\" points=\"");
      for (double[] point : points) {
        svg.append(
            String.format(
                Locale.ROOT,
                "%.1f,%.1f ",
                LEFT + point[0] / last * INNER,
                top + PANEL - (point[1] - least) / (most - least) * PANEL));
      }
      svg.append("\"/>\n");
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
      svg.append(
          String.format(
              Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, text));
    }

    private static String tokens(double count) {
      if (count >= 1e6) {
        return String.format(Locale.ROOT, "%.1fM tokens", count / 1e6);
      }
      return String.format(Locale.ROOT, "%.0f tokens", count);
    }
  }
}
