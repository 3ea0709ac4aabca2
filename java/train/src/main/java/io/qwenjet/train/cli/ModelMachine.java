// SPDX-License-Identifier: Apache-2.0
// The model of a run: the training graph and its optimiser as the loop wants to see them, made from
// the recipe's sizes, from published weights, or to be filled from a checkpoint.
package io.qwenjet.train.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.qwenjet.cli.CommandException;
import io.qwenjet.cli.Streams;
import io.qwenjet.train.data.TokenBatch;
import io.qwenjet.train.export.CheckpointExporter;
import io.qwenjet.train.export.CheckpointImporter;
import io.qwenjet.train.export.SpecialTokens;
import io.qwenjet.train.graph.LossSums;
import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.Parameters;
import io.qwenjet.train.graph.Precision;
import io.qwenjet.train.optim.AdamWOptions;
import io.qwenjet.train.optim.PrecisionProbe;
import io.qwenjet.train.optim.StepResult;
import io.qwenjet.train.optim.TrainStep;
import io.qwenjet.train.run.Recipe;
import io.qwenjet.train.run.RecipeException;
import io.qwenjet.train.run.RunFolder;
import io.qwenjet.train.run.RunState;
import io.qwenjet.train.run.StepMachine;
import io.qwenjet.train.tokenizer.BpeModel;
import io.qwenjet.train.tokenizer.TokenizerFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

final class ModelMachine implements StepMachine {
  /** Beside the published files of an export: where its run stood. */
  static final String STATE_FILE = "training.json";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PROBE_STEPS = 20;
  /** The longest answer of an exported model, unless its user asks for more. */
  private static final int MAX_NEW_TOKENS = 256;
  private static final long PIECE_BYTES = 1L << 30;

  private final Parameters parameters;
  private final Precision precision;
  private final TrainStep step;
  private final RunState begin;

  private ModelMachine(Recipe recipe, Parameters parameters, Precision precision, RunState begin) {
    this.parameters = parameters;
    this.precision = precision;
    this.step = new TrainStep(parameters, precision, options(recipe));
    this.begin = begin;
  }

  /** A model at the beginning of its run. */
  static ModelMachine begun(Recipe recipe, TokenizedData data, Streams streams) throws IOException {
    useThreads(recipe);
    Parameters parameters =
        recipe.initialWeights() == null
            ? Parameters.initial(RecipeShape.of(recipe, data.vocabSize()), recipe.seed())
            : CheckpointImporter.read(recipe.initialWeights());
    requireVocabulary(parameters.shape(), data);
    Precision precision = precision(recipe, parameters, data, streams);
    return new ModelMachine(recipe, parameters, precision, RunState.start(precision.name()));
  }

  /** A model that goes on from an export of a run with the same sizes, with fresh moments. */
  static ModelMachine continued(
      Recipe recipe, TokenizedData data, Path from, int rewarmSteps, Streams streams) throws IOException {
    useThreads(recipe);
    Path file = from.resolve(STATE_FILE);
    if (!Files.exists(file)) {
      throw new CommandException(from + ": expected an export of a run, with " + STATE_FILE + ", got a folder without");
    }
    RecipeShape.requireStated(recipe, ModelShape.read(from.resolve("config.json")), from);
    RunState published = JSON.readValue(file.toFile(), RunState.class);
    Parameters parameters = CheckpointImporter.read(from);
    requireVocabulary(parameters.shape(), data);
    Precision precision = precision(recipe, parameters, data, streams);
    RunState begin = RunState.continued(published, precision.name(), rewarmSteps, recipe.unit());
    return new ModelMachine(recipe, parameters, precision, begin);
  }

  /** A model to be filled from a checkpoint. */
  static ModelMachine resumed(Recipe recipe, Path run, String precision) throws IOException {
    useThreads(recipe);
    Parameters parameters = Parameters.empty(ModelShape.read(run.resolve("config.json")));
    return new ModelMachine(recipe, parameters, Precision.valueOf(precision), RunState.start(precision));
  }

  /** Where the run stands with these weights, unless a checkpoint is read over them. */
  RunState begin() {
    return begin;
  }

  long numParameters() {
    return parameters.size();
  }

  /** Puts into the run's folder what an export needs besides a checkpoint. */
  void describe(Path run, Path tokenizer) throws IOException {
    Files.writeString(run.resolve("config.json"), parameters.shape().toJson().toPrettyString());
    RunFolder.copyTokenizer(tokenizer, run.resolve("tokenizer"));
  }

  /** Writes the weights in the published layout, with the tokenizer of the run's folder. */
  void export(Path to, Path run, RunState state) throws IOException {
    export(parameters, to, run, state);
  }

  /** Writes weights in the published layout, with the tokenizer of the run's folder. */
  static void export(Parameters parameters, Path to, Path run, RunState state) throws IOException {
    Path tokenizer = run.resolve("tokenizer");
    CheckpointExporter.write(to, parameters, specialTokens(tokenizer));
    RunFolder.copyTokenizer(tokenizer, to);
    JSON.writerWithDefaultPrettyPrinter().writeValue(to.resolve(STATE_FILE).toFile(), state);
  }

  private static SpecialTokens specialTokens(Path tokenizer) throws IOException {
    BpeModel model = TokenizerFiles.read(tokenizer);
    int endOfText = model.addedId("<|endoftext|>");
    return new SpecialTokens(endOfText, List.of(model.addedId("<|im_end|>"), endOfText), endOfText, MAX_NEW_TOKENS);
  }

  @Override
  public Outcome step(List<TokenBatch> batches, double learningRate) {
    StepResult result = step.step(batches, learningRate);
    return new Outcome(result.loss(), result.gradientNorm());
  }

  @Override
  public double loss(List<TokenBatch> batches) {
    step.graph().refresh();
    LossSums sums = LossSums.NONE;
    for (TokenBatch batch : batches) {
      sums = sums.plus(step.graph().evaluate(batch));
    }
    return sums.count() == 0 ? 0 : sums.nll() / sums.count();
  }

  @Override
  public String precision() {
    return nameOf(precision);
  }

  private static String nameOf(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public List<State> state() {
    List<State> state = new ArrayList<>();
    add(state, "weights", parameters.weights());
    add(state, "first_moments", step.optimizer().firstMoments());
    add(state, "second_moments", step.optimizer().secondMoments());
    return state;
  }

  /** Views of a flat float tensor; a buffer of the JVM holds less than 2 GiB. */
  static void add(List<State> state, String name, Tensor flat) {
    long bytes = flat.numel() * Float.BYTES;
    for (long from = 0; from < bytes; from += PIECE_BYTES) {
      BytePointer memory = new BytePointer(flat.data_ptr());
      ByteBuffer view =
          new BytePointer(memory.getPointer(from)).capacity(Math.min(PIECE_BYTES, bytes - from)).asByteBuffer();
      state.add(new State(name + "." + from / PIECE_BYTES, view.order(ByteOrder.nativeOrder())));
    }
  }

  @Override
  public void restored(long optimizerSteps) {
    step.optimizer().steps(optimizerSteps);
    step.graph().refresh();
  }

  @Override
  public void close() {
    step.close();
    parameters.close();
  }

  private static void useThreads(Recipe recipe) {
    if (recipe.threads() > 0) {
      torch.set_num_threads(recipe.threads());
    }
  }

  private static AdamWOptions options(Recipe recipe) {
    return new AdamWOptions(
        recipe.beta1(), recipe.beta2(), recipe.epsilon(), recipe.weightDecay(), recipe.clip(),
        recipe.optimizer() == Recipe.Optimizer.MUON);
  }

  private static void requireVocabulary(ModelShape shape, TokenizedData data) {
    if (data.vocabSize() > shape.vocabSize()) {
      throw new RecipeException(
          "tokenizer: expected at most the model's " + shape.vocabSize() + " entries, got " + data.vocabSize());
    }
  }

  private static Precision precision(
      Recipe recipe, Parameters parameters, TokenizedData data, Streams streams) throws IOException {
    if (recipe.precision() != Recipe.Precision.AUTO) {
      return Precision.valueOf(recipe.precision().name());
    }
    int length = recipe.phases().get(0).lengths().get(0);
    List<TokenBatch> batches = data.training().make(0, length, recipe.batchTokens()).batches();
    streams.note("timing " + PROBE_STEPS + " steps of each precision");
    PrecisionProbe probe = PrecisionProbe.run(parameters.shape(), batches, PROBE_STEPS);
    ObjectNode times = JSON.createObjectNode();
    for (Precision each : Precision.values()) {
      times.put(nameOf(each), probe.medianSeconds().get(each));
    }
    Files.writeString(
        recipe.out().resolve("precision.json"),
        JSON.createObjectNode().put("chosen", nameOf(probe.fastest())).set("median_s_a_step", times).toString());
    streams.note(nameOf(probe.fastest()) + " is the fastest: seconds a step " + times);
    return probe.fastest();
  }
}
