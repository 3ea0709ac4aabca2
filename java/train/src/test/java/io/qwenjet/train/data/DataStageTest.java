// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.corpus.CorpusGenerator;
import io.qwenjet.corpus.Split;
import io.qwenjet.train.run.Section;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataStageTest {
  private static final String GOOD =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"What is 2+2?\"},"
          + "{\"role\":\"assistant\",\"content\":\"4\"}],\"family\":\"arithmetic\"}";
  private static final Map<String, String> BAD =
      Map.ofEntries(
          Map.entry("malformed", "{\"text\":"),
          Map.entry("unknown_roles", GOOD.replace("\"user\"", "\"human\"")),
          Map.entry("empty_messages", GOOD.replace("\"4\"", "\" \"")),
          Map.entry(
              "no_final_answer", "{\"messages\":[{\"role\":\"user\",\"content\":\"What is 3+3?\"}]}"),
          Map.entry("added_tokens", "{\"text\":\"ends <|im_end|> here\"}"),
          Map.entry("min_chars", "{\"text\":\"x\"}"),
          Map.entry("max_chars", "{\"text\":\"" + "many words here ".repeat(200) + "\"}"),
          Map.entry("control_characters", "{\"text\":\"a bell \\u0007 rings\"}"),
          Map.entry("replacement_characters", "{\"text\":\"caf\\uFFFD au lait\"}"),
          Map.entry("max_symbol_share", "{\"text\":\"a #$%^&*()_+ #$%^&*()_+ #$%^&*()_+\"}"),
          Map.entry("max_char_run", "{\"text\":\"so " + "o".repeat(100) + "\"}"),
          Map.entry("max_word_chars", "{\"text\":\"" + "abc".repeat(100) + "\"}"),
          Map.entry("max_repeated_line_share", "{\"text\":\"" + "the same\\n".repeat(9) + "\"}"),
          Map.entry("max_repeated_4gram_share", "{\"text\":\"" + "one two three ".repeat(12) + "\"}"),
          Map.entry("near_duplicate", GOOD.replace("What", "what")));

  @Test
  void everyRuleDropsWhatItIsForAndSaysSo(@TempDir Path folder) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes((GOOD + "\n\n").getBytes(StandardCharsets.UTF_8));
    for (String bad : BAD.values()) {
      bytes.writeBytes((bad + "\n").getBytes(StandardCharsets.UTF_8));
    }
    bytes.writeBytes("{\"text\":\"caf\u00e9 au lait\"}\n".getBytes(StandardCharsets.ISO_8859_1));
    bytes.writeBytes("{\"text\":\"A last document.\"}".getBytes(StandardCharsets.UTF_8));
    Path input = folder.resolve("in.jsonl");
    Files.write(input, bytes.toByteArray());
    DataStage.Options options =
        new DataStage.Options(
            QualityRules.with(Map.of("max_chars", 2000.0)), NearDuplicates.Options.GENERATED);
    DataStage.Report report =
        DataStage.run(CorpusSource.of(List.of(input)), options, folder.resolve("out"), n -> {});
    for (String reason : BAD.keySet()) {
      assertTrue(report.dropped().containsKey(reason), reason + " in " + report.dropped().keySet());
      assertEquals(1, report.dropped().get(reason).count(), reason);
    }
    assertEquals(1, report.dropped().get("broken_utf8").count());
    assertEquals(BAD.size() + 3, report.read());
    assertEquals(2, report.kept());
    assertEquals(Map.of("arithmetic", 1L, "none", 1L), report.families());
    assertEquals(
        List.of(GOOD, "{\"text\":\"A last document.\"}"),
        Files.readAllLines(folder.resolve("out/corpus.jsonl")));
    JsonNode json = new ObjectMapper().readTree(folder.resolve("out/report.json").toFile());
    assertEquals(2000.0, json.at("/dropped/max_chars/threshold").asDouble());
    assertEquals(1, json.at("/dropped/near_duplicate/samples").size());
    assertFalse(Files.exists(folder.resolve("out/corpus.jsonl.part")));
  }

  @Test
  void rulesCanBeSwitchedOffAndUnknownOnesAreNamed() throws Exception {
    CorpusLine repeated = CorpusLine.parse(BAD.get("max_repeated_line_share"));
    assertEquals("max_repeated_line_share", QualityRules.with(Map.of()).broken(repeated));
    QualityRules off =
        QualityRules.with(
            Map.of("max_repeated_line_share", -1.0, "max_repeated_4gram_share", -1.0));
    assertEquals(null, off.broken(repeated));
    assertThrows(
        IllegalArgumentException.class, () -> QualityRules.with(Map.of("max_lenght", 1.0)));
  }

  @Test
  void generatedLinesGoTheSameWay(@TempDir Path folder) throws IOException {
    CorpusSource source =
        CorpusSource.generated(i -> "{\"text\":\"Sum number " + i / 2 + " of all.\"}", 100);
    DataStage.Report report =
        DataStage.run(
            source,
            new DataStage.Options(
                QualityRules.with(Map.of()), new NearDuplicates.Options(0.9, true, 1000)),
            folder,
            n -> {});
    assertEquals(50, report.kept());
    assertEquals(50, report.dropped().get("near_duplicate").count());
  }

  /** What nano's recipe keeps: 10 to 15 % of its lines are declined, with room for chance on both sides. */
  @Test
  void aTenthToASeventhOfTheKeptLinesIsDeclined(@TempDir Path folder) throws IOException {
    Section recipe = Section.ofFile(Path.of("recipes/nano-data.yaml")).section("generate");
    CorpusGenerator generator =
        new CorpusGenerator(recipe.count("seed", null, 0), Split.TRAIN, recipe.number("document_share", null, 0, 1));
    DataStage.Report report =
        DataStage.run(
            CorpusSource.generated(i -> generator.example(i).toJson(), 20_000),
            new DataStage.Options(QualityRules.with(Map.of()), NearDuplicates.Options.GENERATED),
            folder,
            n -> {});
    double share = report.families().get("out_of_scope") / (double) report.kept();
    assertTrue(share > 0.11 && share < 0.14, "out_of_scope: " + share);
  }

  @Test
  void theCoverBringsEveryEntryToItsCount() {
    BpeModel model = SampleLines.model(400);
    long[] counts = new long[model.size()];
    java.util.Arrays.fill(counts, 500);
    counts[BpeModel.byteId(0xC0)] = 0;
    counts[BpeModel.byteId(0xFF)] = 199;
    counts[300] = 150;
    TokenStore.Builder store = new TokenStore.Builder();
    RareCover.examples(model, counts, 200, 1).forEach(store::add);
    long[] added = store.build().counts(model.size());
    assertEquals(200, added[BpeModel.byteId(0xC0)]);
    assertEquals(2, added[BpeModel.byteId(0xFF)]);
    assertEquals(50, added[300]);
    assertEquals(0, added[301]);
    assertTrue(store.build().example(0).hasAnswer());
  }

  @Test
  void theRarestEntriesAreReportedWithTheCover() {
    BpeModel model = SampleLines.model(400);
    LineEncoder encoder = new LineEncoder(model, TokenizerFiles.chatTemplate(), LineEncoder.Dropout.NONE);
    TokenStore.Builder store = new TokenStore.Builder();
    for (int i = 0; i < 50; i++) {
      store.add(encoder.encode(SampleLines.of(i), 1, i));
    }
    TokenStore bare = store.build();
    EntryReport before = EntryReport.of(model, bare);
    assertEquals(bare.numTokens(), before.tokens());
    assertEquals(model.size() - model.added().size(), before.entries());
    assertEquals(20, before.rarest().size());
    assertEquals(0, before.rarest().get(0).count());
    assertEquals(model.added().size(), before.added().size());

    RareCover.examples(model, bare.counts(model.size()), 30, 1).forEach(store::add);
    EntryReport after = EntryReport.of(model, store.build());
    assertTrue(after.rarest().get(0).count() >= 30, after.toString());
    assertTrue(after.rarest().get(19).count() >= after.rarest().get(0).count());
  }
}
