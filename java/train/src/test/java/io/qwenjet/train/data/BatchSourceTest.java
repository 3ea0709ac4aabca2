// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.train.data.PackedBatches.Shape;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BatchSourceTest {
  private static TokenStore store;
  private static final Shape SHAPE = new Shape(8, 256, 1);

  @BeforeAll
  static void encode() {
    LineEncoder encoder =
        new LineEncoder(
            SampleLines.model(400), TokenizerFiles.chatTemplate(), LineEncoder.Dropout.SMALL);
    store = SampleLines.store(3000, encoder);
  }

  private static List<BatchSource> sources(ExampleOrder order, long seed) {
    return List.of(
        new PackedBatches(store, SHAPE, order, seed), new BucketedBatches(store, SHAPE, order, seed));
  }

  private static void assertSame(TokenBatch expected, TokenBatch actual) {
    assertEquals(expected.length(), actual.length());
    assertArrayEquals(expected.tokens(), actual.tokens());
    assertArrayEquals(expected.targets(), actual.targets());
    assertArrayEquals(expected.weights(), actual.weights());
    assertArrayEquals(expected.positions(), actual.positions());
    assertArrayEquals(expected.segments(), actual.segments());
  }

  /** The examples of a batch as their tokens, row by row. */
  private static List<List<Integer>> examples(TokenBatch batch) {
    List<List<Integer>> all = new ArrayList<>();
    for (int r = 0; r < batch.rows(); r++) {
      int previous = -1;
      for (int i = 0; i < batch.length(); i++) {
        int at = r * batch.length() + i;
        int segment = batch.segments()[at];
        if (segment < 0) {
          assertEquals(-1, batch.targets()[at]);
          continue;
        }
        if (segment != previous) {
          assertEquals(0, batch.positions()[at]);
          assertEquals(previous + 1, segment);
          all.add(new ArrayList<>());
          previous = segment;
        } else {
          assertEquals(batch.positions()[at - 1] + 1, batch.positions()[at]);
          int target = batch.targets()[at - 1];
          assertTrue(target == -1 || target == batch.tokens()[at]);
          assertEquals(target >= 0, batch.weights()[at - 1] > 0);
        }
        all.get(all.size() - 1).add(batch.tokens()[at]);
      }
    }
    return all;
  }

  private static Map<List<Integer>, Integer> counted(List<List<Integer>> examples) {
    Map<List<Integer>, Integer> counts = new HashMap<>();
    examples.forEach(example -> counts.merge(example, 1, Integer::sum));
    return counts;
  }

  @Test
  void anEpochHoldsEveryExampleOnce() {
    Map<List<Integer>, Integer> expected = new HashMap<>();
    for (int i = 0; i < store.size(); i++) {
      expected.merge(Arrays.stream(store.example(i).tokens()).boxed().toList(), 1, Integer::sum);
    }
    BucketedBatches bucketed = (BucketedBatches) sources(ExampleOrder.SHUFFLED, 1).get(1);
    List<List<Integer>> seen = new ArrayList<>();
    for (long i = 0; i < bucketed.batchesPerEpoch(); i++) {
      seen.addAll(examples(bucketed.batch(i)));
    }
    assertEquals(expected, counted(seen));
    PackedBatches packed =
        new PackedBatches(store, new Shape(1, 256, 1), ExampleOrder.SHUFFLED, 1);
    seen.clear();
    for (long i = 0; i < packed.batchesPerEpoch(); i++) {
      seen.addAll(examples(packed.batch(i)));
    }
    assertEquals(expected, counted(seen));
    assertEquals(0, packed.numTooLong());
  }

  @Test
  void littleIsWasted() {
    for (BatchSource source : sources(ExampleOrder.SHUFFLED, 1)) {
      assertTrue(source.waste() >= 0 && source.waste() < 0.05, source + ": " + source.waste());
    }
    float[] difficulty = Difficulty.lengthAndRarity(store);
    BatchSource packed =
        new PackedBatches(store, SHAPE, ExampleOrder.curriculum(difficulty, 0.5, 5), 1);
    assertTrue(packed.waste() < 0.05, "curriculum: " + packed.waste());
  }

  @Test
  void aBatchDependsOnSeedAndNumberAlone() {
    List<BatchSource> walking = sources(ExampleOrder.SHUFFLED, 7);
    List<BatchSource> jumping = sources(ExampleOrder.SHUFFLED, 7);
    List<BatchSource> others = sources(ExampleOrder.SHUFFLED, 8);
    for (int s = 0; s < walking.size(); s++) {
      long far = 2 * walking.get(s).batchesPerEpoch() + 3;
      TokenBatch there = jumping.get(s).batch(far);
      for (long i = 0; i < far; i++) {
        walking.get(s).batch(i);
      }
      assertSame(walking.get(s).batch(far), there);
      assertSame(walking.get(s).batch(2), jumping.get(s).batch(2));
      assertFalse(Arrays.equals(there.tokens(), others.get(s).batch(far).tokens()));
      assertThrows(IllegalArgumentException.class, () -> jumping.get(0).batch(-1));
    }
  }

  @Test
  void epochsDiffer() {
    PackedBatches source = new PackedBatches(store, SHAPE, ExampleOrder.SHUFFLED, 1);
    assertNotEquals(
        examples(source.batch(0)), examples(source.batch(source.batchesPerEpoch())));
  }

  @Test
  void weightsFollowTheKind() {
    BatchSource tuning =
        new PackedBatches(store, new Shape(8, 256, 0), ExampleOrder.SHUFFLED, 1);
    BatchSource light =
        new PackedBatches(store, new Shape(8, 256, 0.1f), ExampleOrder.SHUFFLED, 1);
    TokenBatch answersOnly = tuning.batch(0);
    TokenBatch both = light.batch(0);
    int numLight = 0;
    for (int i = 0; i < both.tokens().length; i++) {
      numLight += both.weights()[i] == 0.1f ? 1 : 0;
      assertEquals(both.weights()[i] == 1f ? 1f : 0f, answersOnly.weights()[i]);
    }
    assertTrue(numLight > 100);
  }

  @Test
  void longExamplesWaitForLongRows() {
    int longest = 0;
    for (int i = 0; i < store.size(); i++) {
      longest = Math.max(longest, store.length(i));
    }
    BatchSource narrow =
        new PackedBatches(store, new Shape(8, longest - 1, 1), ExampleOrder.SHUFFLED, 1);
    assertTrue(narrow.numTooLong() > 0);
    PackedBatches rest =
        new PackedBatches(
            store, new Shape(1, 1024, 1), ExampleOrder.SHUFFLED, 1, i -> store.length(i) > 100);
    assertEquals(0, rest.numTooLong());
    for (List<Integer> example : examples(rest.batch(0))) {
      assertTrue(example.size() > 100);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new PackedBatches(store, new Shape(1, 3, 1), ExampleOrder.SHUFFLED, 1));
  }

  @Test
  void curriculumGoesFromEasyToHard() {
    float[] difficulty = Difficulty.lengthAndRarity(store);
    int[] all = java.util.stream.IntStream.range(0, store.size()).toArray();
    int[] order = ExampleOrder.curriculum(difficulty, 0.6, 5).of(all, 1, 0);
    assertEquals(store.size(), Arrays.stream(order).distinct().count());
    double first = mean(order, difficulty, 0, 300);
    double middle = mean(order, difficulty, 1400, 1700);
    double last = mean(order, difficulty, 2700, 3000);
    assertTrue(first < middle - 0.5 && first < last - 0.5, first + " " + middle + " " + last);
    int[] second = ExampleOrder.curriculum(difficulty, 0.6, 5).of(all, 1, 1);
    assertEquals(
        mean(second, difficulty, 0, 1000), mean(second, difficulty, 2000, 3000), 0.3);
  }

  @Test
  void longAndUnusualExamplesAreHard() {
    LineEncoder encoder =
        new LineEncoder(
            SampleLines.model(400), TokenizerFiles.chatTemplate(), LineEncoder.Dropout.NONE);
    TokenStore.Builder builder = new TokenStore.Builder();
    String[] texts = {"tent: 5\n", "tent: 5\ntent: 5\n", "qjxz#@5"};
    for (int i = 0; i < 300; i++) {
      String text = i < texts.length ? texts[i] : SampleLines.document(i).text();
      builder.add(
          encoder.encode(new CorpusLine("", List.of(), null, null, List.of(), text), 1, i));
    }
    for (float[] difficulty :
        List.of(
            Difficulty.bigramLoss(builder.build()), Difficulty.lengthAndRarity(builder.build()))) {
      assertTrue(difficulty[0] < difficulty[1], "length: " + Arrays.toString(difficulty));
      assertTrue(difficulty[0] < difficulty[2], "rarity: " + Arrays.toString(difficulty));
    }
  }

  private static double mean(int[] order, float[] difficulty, int from, int to) {
    return Arrays.stream(order, from, to).mapToDouble(i -> difficulty[i]).average().orElseThrow();
  }

  @Test
  void storeComesBackFromItsFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokens.bin");
    assertNull(TokenStore.read(file, 5));
    store.write(file, 5);
    assertNull(TokenStore.read(file, 6));
    TokenStore read = TokenStore.read(file, 5);
    assertEquals(store.size(), read.size());
    for (int i = 0; i < store.size(); i += 97) {
      assertArrayEquals(store.example(i).tokens(), read.example(i).tokens());
      assertArrayEquals(store.example(i).kinds(), read.example(i).kinds());
    }
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) Files.size(file) - 4));
    assertThrows(IOException.class, () -> TokenStore.read(file, 5));
  }
}
