// SPDX-License-Identifier: Apache-2.0
// Opens a model: checks the options, plans memory, loads weights and, beside them, the tokenizer.
// Whatever fails on the way leaves nothing open.
package io.qwenjet.engine;

import io.qwenjet.bindings.MemoryFigures;
import io.qwenjet.engine.runtime.Checkpoint;
import io.qwenjet.engine.runtime.Machine;
import io.qwenjet.engine.runtime.ModelConfig;
import io.qwenjet.engine.runtime.ModelRuntime;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.runtime.RuntimeOptions;
import io.qwenjet.engine.runtime.StepBatch;
import io.qwenjet.engine.scheduler.Scheduler;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class ModelOpener {
  private static final Logger logger = LoggerFactory.getLogger(ModelOpener.class);

  private ModelOpener() {}

  static MemoryPlan plan(ModelLocation model, EngineOptions options) {
    Machine.requireIsa(options.isa());
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      return plan(checkpoint, options, HostMemory.availableBytes());
    }
  }

  static EngineCore open(ModelLocation model, EngineOptions options) {
    return open(model, options, HostMemory.availableBytes());
  }

  static EngineCore open(ModelLocation model, EngineOptions asked, long available) {
    long startNs = System.nanoTime();
    Machine.requireIsa(asked.isa());
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      MemoryPlan plan = plan(checkpoint, asked, available);
      EngineOptions options = asked.threads(asked.resolvedThreads(plan.weightsBytes()));
      if (!plan.fits()) {
        throw new InsufficientMemoryException("memory: " + plan, plan);
      }
      ModelConfig config = checkpoint.config();
      FutureTask<ModelText> files = startReading(checkpoint);
      GenerationDefaults defaults =
          checkpoint.isGguf() ? GenerationDefaults.NONE : GenerationDefaults.load(model);
      RuntimeOptions runtimeOptions = runtimeOptions(options, numPages(plan, options));
      ModelRuntime runtime = openModel(checkpoint, runtimeOptions, options, plan);
      try {
        ModelText text = await(files);
        MemoryPlan held = held(plan, runtime.memory());
        ModelInfo info = info(model, config, options, runtime, held, startNs);
        logger.info("opened {}: {}", model, held);
        return newCore(config, text, defaults, options, info, runtime, runtimeOptions);
      } catch (RuntimeException | Error e) {
        runtime.close();
        throw e;
      }
    }
  }

  private static EngineCore newCore(
      ModelConfig config,
      ModelText text,
      GenerationDefaults defaults,
      EngineOptions options,
      ModelInfo info,
      ModelRuntime model,
      RuntimeOptions sizes) {
    StepBatch batch = model.newBatch();
    if (text.hasTokenizer() && text.tokenizer().size() < config.vocabSize()) {
      batch.numValidTokens(text.tokenizer().size());
    }
    Scheduler scheduler =
        new Scheduler(
            model,
            batch,
            new Scheduler.Limits(
                (int) sizes.numPages(),
                sizes.pageSize(),
                sizes.maxStepSequences(),
                sizes.maxStepTokens(),
                config.vocabSize()),
            "qwenjet-engine");
    return new EngineCore(config, text, defaults, options, info, scheduler);
  }

  /** The pool is one full context, cut to half of what is free after weights and activations. */
  static MemoryPlan plan(Checkpoint checkpoint, EngineOptions options, long available) {
    int modelContext = checkpoint.config().contextLength();
    Require.that(
        options.contextLength() <= modelContext,
        "contextLength",
        "at most the model's " + modelContext,
        options.contextLength());
    MemoryFigures onePage = checkpoint.plan(runtimeOptions(options, 1));
    int wanted = options.contextLength() > 0 ? options.contextLength() : modelContext;
    long pages = (wanted + options.pageSize() - 1L) / options.pageSize();
    if (options.contextLength() == 0) {
      long free = available - onePage.weightsBytes() - onePage.activationBytes();
      pages = Math.min(pages, Math.max(0, free / 2 / onePage.kvPageBytes()));
    }
    int context = (int) Math.min(wanted, pages * options.pageSize());
    return new MemoryPlan(
        onePage.weightsBytes(),
        pages * onePage.kvPageBytes(),
        onePage.activationBytes(),
        onePage.loadBytes(),
        available,
        onePage.kvPageBytes() / options.pageSize(),
        context,
        modelContext,
        onePage.parameters(),
        onePage.embeddingParameters(),
        onePage.embeddingBytes(),
        onePage.headBytes(),
        onePage.quantizedParameters());
  }

  private static MemoryPlan held(MemoryPlan plan, MemoryFigures held) {
    return new MemoryPlan(
        held.weightsBytes(),
        held.kvPoolBytes(),
        held.activationBytes(),
        plan.loadBytes(),
        plan.availableBytes(),
        plan.kvBytesPerToken(),
        plan.contextLength(),
        plan.modelContextLength(),
        plan.parameters(),
        plan.embeddingParameters(),
        held.embeddingBytes(),
        held.headBytes(),
        plan.quantizedParameters());
  }

  private static ModelRuntime openModel(
      Checkpoint checkpoint, RuntimeOptions sizes, EngineOptions options, MemoryPlan plan) {
    try {
      return checkpoint.openModel(sizes, options.loadListener());
    } catch (InsufficientMemoryException e) {
      throw new InsufficientMemoryException(e.getMessage(), plan, e.nativeMessage(), e);
    }
  }

  private static long numPages(MemoryPlan plan, EngineOptions options) {
    return (plan.contextLength() + options.pageSize() - 1L) / options.pageSize();
  }

  private static RuntimeOptions runtimeOptions(EngineOptions options, long numPages) {
    return new RuntimeOptions(
        options.compute(),
        options.kvCache(),
        options.isa(),
        Math.max(1, options.threads()),
        options.pageSize(),
        numPages,
        Math.max(options.maxStepTokens(), options.maxSequences()),
        options.maxSequences(),
        options.maxSequences(),
        options.activations());
  }

  private static ModelInfo info(
      ModelLocation model,
      ModelConfig config,
      EngineOptions options,
      ModelRuntime runtime,
      MemoryPlan plan,
      long startNs) {
    return new ModelInfo(
        model.path(),
        config.modelType(),
        config.vocabSize(),
        config.numLayers(),
        config.hiddenSize(),
        plan.contextLength(),
        plan.modelContextLength(),
        options.compute(),
        options.kvCache(),
        Isa.ofCode(runtime.isa()),
        options.threads(),
        plan,
        (System.nanoTime() - startNs) * 1e-9);
  }

  private static FutureTask<ModelText> startReading(Checkpoint checkpoint) {
    Callable<ModelText> read;
    if (checkpoint.isGguf()) {
      // Read here: a checkpoint is for one thread at a time.
      String metadata = checkpoint.metadataJson();
      read = () -> ModelText.ofGguf(Checkpoint.parseMetadata(metadata));
    } else {
      read = () -> ModelText.ofFiles(checkpoint.location());
    }
    FutureTask<ModelText> task = new FutureTask<>(read);
    Thread thread = new Thread(task, "qwenjet-tokenizer-load");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static ModelText await(FutureTask<ModelText> files) {
    try {
      return files.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("the thread that opened the model was interrupted");
    } catch (ExecutionException e) {
      throw Delivery.rethrown(e.getCause());
    }
  }
}
