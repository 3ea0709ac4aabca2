// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BpeTrainerTest {
  private static final int NUM_TEXTS = 4000;
  private static BpeTrainer.Result result;
  private static BpeEncoder encoder;
  @TempDir static Path folder;

  @BeforeAll
  static void train() throws IOException {
    result = trained(BpeOptions.small(420).withMinCount(30), false);
    encoder = new BpeEncoder(result.model());
    TokenizerFiles.write(result.model(), folder, 1024);
  }

  private static BpeTrainer.Result trained(BpeOptions options, boolean backwards) {
    BpeTrainer trainer = new BpeTrainer(options);
    for (int i = 0; i < NUM_TEXTS; i++) {
      SampleText sample = SampleText.of(backwards ? NUM_TEXTS - 1 - i : i);
      trainer.add(sample.text(), List.of(sample.name()));
    }
    return trainer.train();
  }

  @Test
  void engineReadsTheFilesAndGivesTheSameIds() {
    Tokenizer tokenizer = Tokenizer.load(folder);
    assertEquals(result.model().size(), tokenizer.size());
    for (int i = 0; i < 500; i++) {
      String text = SampleText.of(i).text();
      assertArrayEquals(tokenizer.encode(text), encoder.encode(text), text);
    }
    String odd = "x\u0000 \ud83d\ude00\ud83d e\u0301\u2028\r\n\t'LL 'tis \u00bd\ufffd";
    assertArrayEquals(tokenizer.encode(odd), encoder.encode(odd));
    int end = tokenizer.idOf("<|im_end|>").getAsInt();
    assertEquals(end, tokenizer.eosId().getAsInt());
    assertTrue(tokenizer.isSpecial(end));
    assertFalse(tokenizer.isSpecial(tokenizer.idOf("<think>").getAsInt()));
  }

  @Test
  void readingGivesTheVocabularyBack() throws IOException {
    BpeModel read = TokenizerFiles.read(folder);
    assertEquals(result.model().size(), read.size());
    assertEquals(result.model().mergeTexts(), read.mergeTexts());
    assertEquals(result.model().added(), read.added());
  }

  @Test
  void everyEntryIsFrequentEnough() {
    // Only the way to a Han character may be rarer: two bytes that begin few other characters.
    for (BpeReport.Entry entry : result.report().tooRare()) {
      assertTrue(entry.text().length() == 2 && entry.text().charAt(0) >= 0xE3, entry.toString());
    }
    BpeReport.Entry rarest = result.report().rarest().get(result.report().tooRare().size());
    assertTrue(rarest.count() >= 30, rarest.toString());
    assertTrue(result.model().numMerges() > 40, result.report().toString());
    // Bytes that UTF-8 never uses cannot come from text.
    assertTrue(result.report().bytesTooRare().stream().anyMatch(e -> e.text().equals("\u00c0")));
  }

  @Test
  void orderOfTextsDoesNotMatter() {
    BpeModel again = trained(BpeOptions.small(420).withMinCount(30), true).model();
    assertEquals(result.model().mergeTexts(), again.mergeTexts());
  }

  @Test
  void onlyWholeWordsTakeTheSpace() {
    assertEquals(1, encoder.encode(" the").length);
    assertEquals(1, encoder.encode(" order").length);
    assertTrue(result.report().numJoins() > 5);
    for (int k = 0; k < result.model().numMerges(); k++) {
      String text = result.model().text(BpeModel.NUM_BYTES + k);
      if (text.length() > 1 && text.startsWith("\u0120") && Character.isLetter(text.charAt(1))) {
        assertEquals("\u0120", result.model().text(result.model().left(k)));
      }
    }
  }

  @Test
  void namesHaveTheSamePiecesAnywhere() {
    int differing = 0;
    for (int i = 0; i < 300; i++) {
      String name = SampleText.of(NUM_TEXTS + i).name();
      int[] bare = encoder.encode(name);
      for (String before : new String[] {" ", "\"", "("}) {
        int[] after = encoder.encode(before + name);
        boolean same =
            encoder.encode(before)[0] == after[0]
                && Arrays.equals(bare, Arrays.copyOfRange(after, 1, after.length));
        assertTrue(same || before.equals(" "), before + name);
        differing += same ? 0 : 1;
      }
    }
    // " I" is an entry, and few names begin with the lone piece "I".
    assertTrue(differing <= 3, "names with another first piece: " + differing);
  }

  @Test
  void copiedNamesMakeNoMerges() {
    BpeTrainer trainer = new BpeTrainer(BpeOptions.small(300).withMinCount(2));
    for (int i = 0; i < 50; i++) {
      trainer.add("say Zyxwvu", List.of("Zyxwvu"));
    }
    BpeModel model = trainer.train().model();
    assertEquals(6, new BpeEncoder(model).encode("Zyxwvu").length);
    assertEquals(1, new BpeEncoder(model).encode("say").length);
  }

  @Test
  void frequentHanCharactersAreSingleEntries() {
    assertEquals(5, encoder.encode("\u4f60\u597d\uff0c\u4e16\u754c").length);
  }

  @Test
  void dropoutKeepsTheTextAndVaries() {
    String text = " camping";
    byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    IntList whole = new IntList();
    int canonical = encoder.encode(text).length;
    SplittableRandom random = new SplittableRandom(7);
    int other = 0;
    for (int i = 0; i < 1000; i++) {
      whole.clear();
      encoder.encodeBytes(bytes, 0.1, random, whole);
      other += whole.size() != canonical ? 1 : 0;
    }
    // The last merge alone is left out in a tenth of all.
    assertTrue(other > 80 && other < 600, "other segmentations: " + other);
    Tokenizer tokenizer = Tokenizer.load(folder);
    assertEquals(text, tokenizer.decode(whole.toArray(), false));
    IntList all = new IntList();
    encoder.encodeBytes(bytes, 0.999999999, new SplittableRandom(1), all);
    assertEquals(bytes.length, all.size());
  }

  @Test
  void freeSpacesMergeAsAnyPair() {
    BpeOptions base = BpeOptions.small(420);
    BpeOptions free =
        new BpeOptions(
            420, 0, 1, BpeOptions.LeadingSpace.FREE, true, false, 0, 0, base.added());
    BpeModel model = trained(free, false).model();
    assertEquals(1, new BpeEncoder(model).encode(" the").length);
  }

  @Test
  void refusesWhatCannotBe() {
    assertThrows(IllegalArgumentException.class, () -> BpeOptions.small(200));
    assertThrows(
        IllegalArgumentException.class,
        () -> new BpeModel(new int[] {256}, new int[] {0}, List.of()));
    assertThrows(IOException.class, () -> TokenizerFiles.read(folder.resolve("absent")));
  }
}
