// SPDX-License-Identifier: Apache-2.0
// One run of training from its recipe: puts data, model and loop together, goes on from the newest
// whole checkpoint where there is one, and exports the published layout when the run is done.
package io.qwenjet.train.cli;

import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.run.CheckpointStore;
import io.qwenjet.train.run.Plot;
import io.qwenjet.train.run.Recipe;
import io.qwenjet.train.run.RecipeException;
import io.qwenjet.train.run.RunFolder;
import io.qwenjet.train.run.RunState;
import io.qwenjet.train.run.StepData;
import io.qwenjet.train.run.StepMachine;
import io.qwenjet.train.run.TrainLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code pretrain} and {@code sft} share. */
abstract class RunCommand implements Callable<Integer> {
  private final Streams streams;
  private final Recipe.Stage stage;

  @Parameters(paramLabel = "RECIPE", description = "The run's YAML file.")
  private Path recipeFile;

  @Option(
      names = "--stop-after",
      paramLabel = "TIME",
      description = "End this start after 90s, 40m or 1.5h, with a checkpoint; the same command goes on.")
  private String stopAfter;

  @Option(
      names = "--decay-now",
      paramLabel = "N",
      description = "Let the decay of a wsd schedule begin here and end the run after N tokens (or steps).")
  private Long decayNow;

  @Option(
      names = "--fresh",
      description = "Begin anew: remove the run's checkpoints and metrics.")
  private boolean isFresh;

  @Option(
      names = "--continue-from",
      paramLabel = "DIR",
      description =
          "Begin from the weights of an export whose sizes are this recipe's, where its run stood, with"
              + " fresh moments and a short second warm-up.")
  private Path continueFrom;

  @Option(
      names = "--rewarm-steps",
      paramLabel = "N",
      defaultValue = "50",
      description = "Length of that warm-up; default ${DEFAULT-VALUE}.")
  private int rewarmSteps;

  RunCommand(Streams streams, Recipe.Stage stage) {
    this.streams = streams;
    this.stage = stage;
  }

  /** {@code train pretrain}. */
  @Command(
      name = "pretrain",
      header = "Train on every token of conversations and documents.",
      description = "Goes on from the run's newest checkpoint where there is one.")
  static final class Pretrain extends RunCommand {
    Pretrain(Streams streams) {
      super(streams, Recipe.Stage.PRETRAIN);
    }
  }

  /** {@code train sft}. */
  @Command(
      name = "sft",
      header = "Train on what the assistant says.",
      description = "Goes on from the run's newest checkpoint where there is one.")
  static final class Sft extends RunCommand {
    Sft(Streams streams) {
      super(streams, Recipe.Stage.SFT);
    }
  }

  @Override
  public Integer call() throws IOException {
    try {
      Recipe recipe = Recipe.read(recipeFile);
      if (recipe.stage() != stage) {
        throw new RecipeException(
            recipeFile + ": stage: expected " + name(stage) + " for this command, got " + name(recipe.stage()));
      }
      try (RunFolder held = RunFolder.hold(recipe.out())) {
        run(recipe, held.checkpoints());
      }
      return 0;
    } catch (RecipeException e) {
      throw new CommandException(e.getMessage(), e);
    }
  }

  private void run(Recipe recipe, CheckpointStore store) throws IOException {
    double limit = TimeLimit.seconds(stopAfter);
    if (isFresh) {
      store.clear();
    }
    Path checkpoint = store.newest(streams::note);
    if (checkpoint == null && !store.isEmpty()) {
      throw new CommandException(
          recipe.out() + ": expected a whole checkpoint, got none; --fresh begins anew");
    }
    Map<String, String> identity = recipe.identity();
    TokenizedData data = TokenizedData.open(recipe, streams, identity);
    if (checkpoint != null) {
      String difference = CheckpointStore.difference(CheckpointStore.header(checkpoint).identity(), identity);
      if (difference != null) {
        throw new CommandException(
            recipe.out() + " holds another run: " + difference + "; --fresh begins anew, or set another out");
      }
    }
    try (ModelMachine machine = machine(recipe, data, checkpoint)) {
      RunState state = machine.begin();
      long metricsBytes = 0;
      if (checkpoint != null) {
        CheckpointStore.Header header = CheckpointStore.read(checkpoint, machine.state());
        state = header.run();
        metricsBytes = header.metricsBytes();
        machine.restored(state.optimizerSteps());
        streams.note(String.format(Locale.ROOT, "goes on from step %d, %,d tokens", state.step(), state.tokens()));
      }
      machine.describe(recipe.out(), data.tokenizer());
      Ending ending = loop(recipe, identity, machine, data, store, state, metricsBytes, limit);
      finish(recipe, machine, ending);
    }
  }

  /** The model as the checkpoint, the published weights or the recipe say. */
  private ModelMachine machine(Recipe recipe, TokenizedData data, Path checkpoint) throws IOException {
    if (checkpoint != null) {
      if (continueFrom != null) {
        throw new CommandException(
            "--continue-from: expected a run without checkpoints, got " + checkpoint + "; --fresh removes them");
      }
      return ModelMachine.resumed(recipe, recipe.out(), CheckpointStore.header(checkpoint).run().precision());
    }
    ModelMachine machine =
        continueFrom == null
            ? ModelMachine.begun(recipe, data, streams)
            : ModelMachine.continued(recipe, data, continueFrom, rewarmSteps, streams);
    return machine;
  }

  private record Ending(TrainLoop.Ending how, RunState state) {}

  private Ending loop(
      Recipe recipe,
      Map<String, String> identity,
      ModelMachine machine,
      TokenizedData data,
      CheckpointStore store,
      RunState from,
      long metricsBytes,
      double limit)
      throws IOException {
    try (Progress progress = new Progress(streams, name(stage), recipe.unit() == Recipe.Unit.STEPS)) {
      TrainLoop.Observer observer =
          new TrainLoop.Observer() {
            @Override
            public void step(RunState state, StepMachine.Outcome outcome, double rate, long left) {
              progress.step(state, outcome, rate, left);
            }

            @Override
            public void saved(Path checkpoint) throws IOException {
              Plot.write(recipe.out());
            }

            @Override
            public void export(Path checkpoint) throws IOException {
              RunState state = CheckpointStore.header(checkpoint).run();
              Path to = recipe.out().resolve("export");
              machine.export(to, recipe.out(), state);
              if (recipe.scoreItems() > 0) {
                Scores.add(recipe.out(), to, state, recipe.scoreItems(), streams);
              }
            }
          };
      StepData validation = data.validation();
      TrainLoop loop = new TrainLoop(recipe, identity, machine, data.training(), validation, store, observer);
      SignalStop signals = new SignalStop(loop::stop);
      try {
        TrainLoop.Ending how = loop.run(from, metricsBytes, limit, decayNow == null ? 0 : decayNow);
        return new Ending(how, loop.state());
      } finally {
        signals.close();
      }
    }
  }

  private void finish(Recipe recipe, ModelMachine machine, Ending ending) throws IOException {
    RunState state = ending.state();
    String where = String.format(Locale.ROOT, "step %d, %,d tokens", state.step(), state.tokens());
    if (ending.how() != TrainLoop.Ending.FINISHED) {
      streams.note("stopped at " + where + "; the same command goes on from there");
      return;
    }
    Path model = recipe.out().resolve("model");
    machine.export(model, recipe.out(), state);
    Plot.write(recipe.out());
    streams.note(
        String.format(
            Locale.ROOT, "finished at %s, %s; the model is in %s", where, TimeLimit.clock(state.seconds()), model));
  }

  private static String name(Recipe.Stage stage) {
    return stage.name().toLowerCase(Locale.ROOT);
  }
}
