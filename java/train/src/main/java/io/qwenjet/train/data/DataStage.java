// SPDX-License-Identifier: Apache-2.0
// The data stage: reads lines, drops what breaks a rule or repeats an earlier line, writes the rest
// and a report of what was dropped and why. One line in memory, and the window of the duplicates.
package io.qwenjet.train.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Filters a corpus. */
public final class DataStage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_SAMPLES = 5;
  private static final int MAX_SAMPLE_CHARS = 300;
  private static final int PROGRESS_EVERY = 1000;

  private DataStage() {}

  /**
   * What the stage does.
   *
   * @param rules quality rules; not null
   * @param duplicates how near duplicates are; null to keep them
   */
  public record Options(QualityRules rules, NearDuplicates.Options duplicates) {}

  /**
   * What was dropped for one reason.
   *
   * @param count how many lines
   * @param samples the first of them, shortened
   */
  public record Dropped(long count, List<String> samples) {}

  /**
   * What the stage did.
   *
   * @param read lines read
   * @param kept lines written
   * @param dropped by reason: the names of {@link QualityRules}, "malformed", "broken_utf8" and
   *     "near_duplicate"
   * @param families kept lines by family
   */
  public record Report(
      long read, long kept, Map<String, Dropped> dropped, Map<String, Long> families) {}

  /**
   * Writes the lines that are kept, as they are, to corpus.jsonl in a folder, and report.json beside
   * it. Both appear whole or not at all.
   *
   * @param progress is told the number of lines read, now and then
   * @throws IOException if something cannot be read or written
   */
  public static Report run(
      CorpusSource source, Options options, Path folder, LongConsumer progress)
      throws IOException {
    Files.createDirectories(folder);
    Path part = folder.resolve("corpus.jsonl.part");
    Tally tally = new Tally();
    NearDuplicates duplicates =
        options.duplicates == null ? null : new NearDuplicates(options.duplicates);
    try (BufferedWriter out = Files.newBufferedWriter(part)) {
      source.forEach(
          (json, isUtf8) -> {
            if (++tally.read % PROGRESS_EVERY == 0) {
              progress.accept(tally.read);
            }
            CorpusLine line = null;
            String reason = isUtf8 ? null : "broken_utf8";
            String detail = "";
            if (reason == null) {
              try {
                line = CorpusLine.parse(json);
                reason = options.rules.broken(line);
              } catch (CorpusLine.MalformedLineException e) {
                reason = "malformed";
                detail = e.getMessage() + ": ";
              }
            }
            if (reason == null && duplicates != null) {
              int earlier = duplicates.find(line);
              if (earlier >= 0) {
                reason = "near_duplicate";
                detail = "of kept line " + earlier + ": ";
              }
            }
            if (reason != null) {
              tally.drop(reason, detail + json);
              return;
            }
            tally.kept++;
            tally.families.merge(line.family().isEmpty() ? "none" : line.family(), 1L, Long::sum);
            out.write(json);
            out.write('\n');
          });
    }
    Files.move(part, folder.resolve("corpus.jsonl"), StandardCopyOption.REPLACE_EXISTING);
    Report report = tally.report();
    Path reportPart = folder.resolve("report.json.part");
    Files.writeString(reportPart, json(report, options).toPrettyString() + "\n");
    Files.move(reportPart, folder.resolve("report.json"), StandardCopyOption.REPLACE_EXISTING);
    return report;
  }

  private static ObjectNode json(Report report, Options options) {
    ObjectNode root = JSON.createObjectNode();
    root.put("read", report.read).put("kept", report.kept);
    ObjectNode dropped = root.putObject("dropped");
    report.dropped.forEach(
        (reason, what) -> {
          ObjectNode node = dropped.putObject(reason).put("count", what.count);
          node.put("share", report.read == 0 ? 0 : (double) what.count / report.read);
          Double threshold = options.rules.thresholds().get(reason);
          if (threshold != null) {
            node.put("threshold", threshold);
          }
          ArrayNode samples = node.putArray("samples");
          what.samples.forEach(samples::add);
        });
    ObjectNode families = root.putObject("families");
    report.families.forEach(families::put);
    ObjectNode rules = root.putObject("rules");
    options.rules.thresholds().forEach(rules::put);
    if (options.duplicates != null) {
      root.putObject("near_duplicates")
          .put("similarity", options.duplicates.similarity())
          .put("keep_exact", options.duplicates.keepExact())
          .put("window", options.duplicates.window());
    }
    return root;
  }

  private static final class Tally {
    private long read;
    private long kept;
    private final Map<String, Long> counts = new TreeMap<>();
    private final Map<String, List<String>> samples = new TreeMap<>();
    private final Map<String, Long> families = new TreeMap<>();

    void drop(String reason, String sample) {
      counts.merge(reason, 1L, Long::sum);
      List<String> list = samples.computeIfAbsent(reason, name -> new ArrayList<>());
      if (list.size() < MAX_SAMPLES) {
        list.add(
            sample.length() > MAX_SAMPLE_CHARS
                ? sample.substring(0, MAX_SAMPLE_CHARS) + "..."
                : sample);
      }
    }

    Report report() {
      Map<String, Dropped> dropped = new TreeMap<>();
      counts.forEach(
          (reason, count) -> dropped.put(reason, new Dropped(count, samples.get(reason))));
      return new Report(read, kept, dropped, families);
    }
  }
}
