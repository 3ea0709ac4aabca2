// SPDX-License-Identifier: Apache-2.0
// The loop over steps of one run: batches from a thread of their own, a line of metrics a step,
// checkpoints by the clock and at every end, held-out losses and exports by the step.
package io.qwenjet.train.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.train.data.TokenBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One start of a run. Made, run once, on one thread; {@link #stop} comes from any thread. */
public final class TrainLoop {
  private final Recipe recipe;
  private final Map<String, String> identity;
  private final StepMachine machine;
  private final StepData data;
  private final StepData validation;
  private final CheckpointStore store;
  private final Observer observer;
  private volatile boolean isStopped;
  private RunState state;
  private Metrics metrics;
  private List<List<TokenBatch>> heldOut;

  /** How a start came to its end. */
  public enum Ending {
    /** All tokens are done. */
    FINISHED,
    /** {@link TrainLoop#stop} was called. */
    STOPPED,
    /** The time was over. */
    OUT_OF_TIME
  }

  /** Who wants to know how the run goes on. */
  public interface Observer {
    /** After each step. */
    void step(RunState state, StepMachine.Outcome outcome, double learningRate, long unitsLeft);

    /** After a checkpoint is on the disk. */
    default void saved(Path checkpoint) throws IOException {}

    /** When the recipe asks for an export, after a checkpoint. */
    default void export(Path checkpoint) throws IOException {}
  }

  /**
   * A run from parts.
   *
   * @param identity what a start that goes on from this run's checkpoints must have in common with it
   * @param validation held-out batches, or null
   */
  public TrainLoop(
      Recipe recipe,
      Map<String, String> identity,
      StepMachine machine,
      StepData data,
      StepData validation,
      CheckpointStore store,
      Observer observer) {
    this.recipe = recipe;
    this.identity = identity;
    this.machine = machine;
    this.data = data;
    this.validation = validation;
    this.store = store;
    this.observer = observer;
  }

  /** Ends the run after the step in progress, with a checkpoint. */
  public void stop() {
    isStopped = true;
  }

  /**
   * Makes steps until the run's end, the time's end or {@link #stop}.
   *
   * @param from where the machine's state stands
   * @param metricsBytes how much of the metrics file belongs to that
   * @param limitSeconds the longest time of this start; infinite for none
   * @param decayUnits length of a decay that begins now; 0 for none
   * @throws RecipeException when a decay cannot begin here
   */
  public Ending run(RunState from, long metricsBytes, double limitSeconds, long decayUnits) throws IOException {
    state = decayUnits > 0 ? decaying(from, decayUnits) : from;
    long end = recipe.schedule().end(state);
    long beginNs = System.nanoTime();
    long savedNs = beginNs;
    try (Metrics written = new Metrics(recipe.out(), metricsBytes);
        Prefetch batches = new Prefetch(recipe, data, state.position(), units(), end)) {
      metrics = written;
      Ending ending = null;
      boolean isSaved = false;
      while (ending == null) {
        long stepNs = System.nanoTime();
        if (units() >= end) {
          ending = Ending.FINISHED;
        } else if (isStopped) {
          ending = Ending.STOPPED;
        } else if ((stepNs - beginNs) * 1e-9 >= limitSeconds) {
          ending = Ending.OUT_OF_TIME;
        } else {
          step(batches.take(), stepNs, end);
          boolean isExport = isEvery(recipe.exportEvery());
          isSaved = isExport || (System.nanoTime() - savedNs) * 1e-9 >= recipe.checkpointMinutes() * 60;
          if (isSaved) {
            Path checkpoint = save();
            savedNs = System.nanoTime();
            if (isExport) {
              observer.export(checkpoint);
            }
          }
        }
      }
      if (!isSaved) {
        save();
      }
      return ending;
    }
  }

  /** Where the run stands. */
  public RunState state() {
    return state;
  }

  private RunState decaying(RunState from, long decayUnits) {
    if (recipe.schedule().kind() != Schedule.Kind.WSD) {
      throw new RecipeException("schedule: expected wsd for a decay from here on, got cosine");
    }
    if (from.decayUnits() > 0) {
      throw new RecipeException(
          "expected a run whose decay has not begun, got one that decays since " + from.decayFrom());
    }
    state = from;
    RunState decaying = from.decaying(units(), decayUnits);
    long oldEnd = recipe.schedule().total();
    boolean isSame = recipe.isSamePhase(units(), oldEnd, units(), recipe.schedule().end(decaying));
    return isSame ? decaying : decaying.atPosition(0);
  }

  private long units() {
    return recipe.unit() == Recipe.Unit.STEPS ? state.step() : state.tokens();
  }

  private boolean isEvery(long steps) {
    return steps > 0 && state.step() % steps == 0;
  }

  private void step(StepData.Prepared batch, long beginNs, long end) throws IOException {
    double rate = recipe.schedule().at(state, units());
    long modelNs = System.nanoTime();
    StepMachine.Outcome outcome = machine.step(batch.batches(), rate);
    modelNs = System.nanoTime() - modelNs;
    if (!Double.isFinite(outcome.loss()) || !Double.isFinite(outcome.gradNorm())) {
      throw new DivergedException(
          "step " + (state.step() + 1) + ": expected a finite loss and gradient, got "
              + outcome.loss() + " and " + outcome.gradNorm()
              + "; the last checkpoint is from before: lower learning_rate and begin anew");
    }
    long tokens = batch.numTokens();
    double seconds = (System.nanoTime() - beginNs) * 1e-9;
    long before = units();
    long after = before + (recipe.unit() == Recipe.Unit.STEPS ? 1 : tokens);
    state = state.after(tokens, recipe.positionAfter(before, after, end, state.position()), seconds);
    ObjectNode line =
        Metrics.line()
            .put("step", state.step())
            .put("tokens", state.tokens())
            .put("loss", outcome.loss())
            .put("lr", rate)
            .put("grad_norm", outcome.gradNorm())
            .put("tokens_per_s", Math.round(tokens / seconds * 10) / 10.0)
            .put("model_share", Math.round(modelNs * 1e-9 / seconds * 1000) / 1000.0)
            .put("elapsed_s", Math.round(state.seconds() * 1000) / 1000.0)
            .put("precision", machine.precision());
    if (validation != null && (isEvery(recipe.evaluateEvery()) || units() >= end)) {
      line.put("validation_loss", validationLoss());
    }
    metrics.write(line);
    observer.step(state, outcome, rate, end - units());
  }

  private double validationLoss() {
    if (heldOut == null) {
      heldOut = new ArrayList<>();
      long position = 0;
      for (long tokens = 0; tokens < recipe.evaluateTokens(); ) {
        StepData.Prepared made = validation.make(position, recipe.phases().get(0).lengths().get(0), recipe.batchTokens());
        heldOut.add(made.batches());
        tokens += Math.max(1, made.numTokens());
        position = made.nextPosition();
      }
    }
    double sum = 0;
    long targets = 0;
    for (List<TokenBatch> batch : heldOut) {
      long count = batch.stream().mapToLong(TokenBatch::numTargets).sum();
      if (count > 0) {
        sum += machine.loss(batch) * count;
        targets += count;
      }
    }
    return targets == 0 ? 0 : sum / targets;
  }

  private Path save() throws IOException {
    long bytes = metrics.force();
    Path file = store.write(new CheckpointStore.Header(state, identity, bytes), machine.state());
    observer.saved(file);
    return file;
  }
}
