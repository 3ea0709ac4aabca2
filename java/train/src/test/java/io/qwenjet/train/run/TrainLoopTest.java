// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.train.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.qwenjet.train.data.TokenBatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ends, metrics, checkpoints and the plot of a run of the toy machine. */
class TrainLoopTest {
  @TempDir private Path folder;

  private TrainLoop loop(StepMachine machine, int steps, TrainLoop.Observer observer) {
    Recipe recipe = Toy.recipe(folder.toString(), steps);
    return new TrainLoop(
        recipe, recipe.identity(), machine, Toy.data(), Toy.data(), new CheckpointStore(folder), observer);
  }

  @Test
  void aStopLeavesACheckpointOfTheStepInProgress() throws Exception {
    TrainLoop[] self = new TrainLoop[1];
    self[0] = loop(new Toy(), 50, (state, outcome, rate, left) -> {
      if (state.step() == 7) {
        self[0].stop();
      }
    });
    assertEquals(
        TrainLoop.Ending.STOPPED,
        self[0].run(RunState.start("float32"), 0, Double.POSITIVE_INFINITY, 0));
    Path newest = new CheckpointStore(folder).newest(why -> {});
    assertEquals(7, CheckpointStore.header(newest).run().step());
    List<JsonNode> metrics = Metrics.read(folder.resolve(Metrics.FILE_NAME));
    assertEquals(7, metrics.size());
    assertEquals("float32", metrics.get(6).get("precision").asText());
    assertEquals(7 * 32, metrics.get(6).get("tokens").asLong());
  }

  @Test
  void timeThatIsOverEndsTheStart() throws Exception {
    TrainLoop loop = loop(new Toy(), 50, (state, outcome, rate, left) -> {});
    assertEquals(TrainLoop.Ending.OUT_OF_TIME, loop.run(RunState.start("float32"), 0, 0, 0));
    assertEquals(0, loop.state().step());
  }

  @Test
  void aDecayThatIsAskedForEndsTheRunAfterIt() throws Exception {
    List<Double> rates = new ArrayList<>();
    RunState stable = new RunState(10, 320, 0, 0, "float32", 0, 0, 0, 0);
    TrainLoop loop = loop(new Toy(), 1000, (state, outcome, rate, left) -> rates.add(rate));
    assertEquals(TrainLoop.Ending.FINISHED, loop.run(stable, 0, Double.POSITIVE_INFINITY, 4));
    assertEquals(14, loop.state().step());
    assertEquals(0.01, rates.get(0), 1e-12);
    assertEquals(0.005, rates.get(1), 1e-12);
    assertEquals(4, CheckpointStore.header(new CheckpointStore(folder).newest(why -> {})).run().decayUnits());
    assertThrows(
        RecipeException.class, () -> loop(new Toy(), 1000, (s, o, r, l) -> {}).run(loop.state(), 0, 1, 4));
  }

  @Test
  void aLossThatIsNoNumberEndsTheRunAndSavesNothing() {
    StepMachine broken = new Broken();
    TrainLoop loop = loop(broken, 5, (state, outcome, rate, left) -> {});
    DivergedException e =
        assertThrows(
            DivergedException.class,
            () -> loop.run(RunState.start("float32"), 0, Double.POSITIVE_INFINITY, 0));
    assertTrue(e.getMessage().contains("step 1: expected a finite loss"), e.getMessage());
    assertFalse(Files.exists(folder.resolve("checkpoint-000000001")));
  }

  @Test
  void checkpointsThatAreNotWholeArePassedOver() throws Exception {
    CheckpointStore store = new CheckpointStore(folder);
    assertTrue(store.isEmpty());
    assertNull(store.newest(why -> {}));
    Toy toy = new Toy();
    for (long step = 1; step <= 3; step++) {
      RunState state = new RunState(step, step, step, 0, "float32", 0, 0, 0, 0);
      store.write(new CheckpointStore.Header(state, Toy.recipe("x", 9).identity(), 0), toy.state());
    }
    assertFalse(Files.exists(folder.resolve("checkpoint-000000001")), "two are kept");
    Path third = folder.resolve("checkpoint-000000003");
    byte[] bytes = Files.readAllBytes(third);
    List<String> said = new ArrayList<>();
    for (int length : new int[] {0, 11, 40, bytes.length - 1}) {
      Files.write(third, Arrays.copyOf(bytes, length));
      assertEquals(folder.resolve("checkpoint-000000002"), store.newest(said::add));
    }
    bytes[bytes.length - 50] ^= 4;
    Files.write(third, bytes);
    assertEquals(folder.resolve("checkpoint-000000002"), store.newest(said::add));
    assertEquals(5, said.size());
    assertTrue(said.get(4).contains("expected the digest"), said.get(4));
  }

  @Test
  void aStateOfAnotherShapeIsRefused() throws Exception {
    CheckpointStore store = new CheckpointStore(folder);
    Path file =
        store.write(
            new CheckpointStore.Header(RunState.start("float32"), Toy.recipe("x", 9).identity(), 0),
            new Toy().state().subList(0, 1));
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> CheckpointStore.read(file, new Toy().state()));
    assertTrue(e.getMessage().contains("moments"), e.getMessage());
  }

  @Test
  void thePlotHasALineForWhatWasMeasured() throws Exception {
    ToyRun.run(folder, 20, 0);
    String before = Files.readString(Plot.write(folder));
    assertEquals(2, before.split("<polyline", -1).length - 1);
    Files.writeString(folder.resolve(Plot.SCORES), "{\"tokens\":320,\"score\":0.5}\n{\"tokens\":640,\"score\":0.8}\n");
    String after = Files.readString(Plot.write(folder));
    assertEquals(3, after.split("<polyline", -1).length - 1);
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(folder.resolve("plot.svg").toFile());
  }

  /** A machine whose loss is no number. */
  private static final class Broken implements StepMachine {
    @Override
    public Outcome step(List<TokenBatch> batches, double learningRate) {
      return new Outcome(Double.NaN, 1);
    }

    @Override
    public double loss(List<TokenBatch> batches) {
      return Double.NaN;
    }

    @Override
    public String precision() {
      return "float32";
    }

    @Override
    public List<State> state() {
      return List.of();
    }

    @Override
    public void restored(long step) {}

    @Override
    public void close() {}
  }
}
