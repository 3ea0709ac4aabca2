// SPDX-License-Identifier: Apache-2.0
// An opened engine behind its public face: prepares requests, owns the scheduler and the threads for
// callbacks. Tests make one over a model of their own.
package io.qwenjet.engine;

import io.qwenjet.engine.runtime.LayerWindows;
import io.qwenjet.engine.runtime.ModelConfig;
import io.qwenjet.engine.runtime.ModelText;
import io.qwenjet.engine.sampling.SamplingPlan;
import io.qwenjet.engine.scheduler.Scheduler;
import io.qwenjet.engine.scheduler.SequenceGroup;
import io.qwenjet.engine.text.Tokenizer;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class EngineCore {
  /** With this system property set to true, a leak is reported with the stack of the opening. */
  static final String LEAK_DETECTION_PROPERTY = "qwenjet.leakDetection";

  private static final long CALLBACK_THREAD_IDLE_S = 10;
  private static final Cleaner cleaner = Cleaner.create();

  private final ModelConfig config;
  private final ModelText files;
  private final PromptEncoder prompts;
  private final OutputFactory outputs;
  private final GenerationDefaults defaults;
  private final EngineOptions options;
  private final ModelInfo info;
  private final Scheduler scheduler;
  private final Leak leak;
  private final Cleaner.Cleanable cleanable;
  private final List<Integer> textEosIds;
  private final List<Integer> chatEosIds;
  private final ThreadPoolExecutor callbacks =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          CALLBACK_THREAD_IDLE_S,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          EngineCore::callbackThread);

  EngineCore(
      ModelConfig config,
      ModelText files,
      GenerationDefaults defaults,
      EngineOptions options,
      ModelInfo info,
      Scheduler scheduler) {
    this.config = config;
    this.files = files;
    this.prompts = new PromptEncoder(files);
    this.outputs = new OutputFactory(files);
    this.defaults = defaults;
    this.options = options;
    this.info = info;
    this.scheduler = scheduler;
    this.leak = new Leak(scheduler, info);
    this.cleanable = cleaner.register(this, leak);
    var eosIds = new TreeSet<Integer>(ModelConfig.ids(config.json(), "eos_token_id"));
    eosIds.addAll(defaults.eosIds());
    if (files.hasTokenizer()) {
      files.tokenizer().eosId().ifPresent(eosIds::add);
    }
    textEosIds = List.copyOf(eosIds);
    eosIds.addAll(files.endOfTurnIds());
    if (files.hasTokenizer()) {
      files.tokenizer().idOf("<|im_end|>").ifPresent(eosIds::add);
    }
    chatEosIds = List.copyOf(eosIds);
  }

  RequestTask submit(InferenceRequest request, ChunkSink sink) {
    Require.notNull("request", request);
    checkOpen();
    PromptEncoder.Prompt prompt = prompts.encode(request);
    int[] ids = prompt.ids();
    checkPrompt(ids);
    boolean isChat = request instanceof ChatRequest;
    SamplingPlan plan =
        SamplingResolver.resolve(
            request.sampling(),
            defaults,
            new SamplingResolver.Limits(
                config.vocabSize(),
                info.contextLength() - ids.length,
                options.maxSequences(),
                isChat ? chatEosIds : textEosIds),
            word -> files.tokenizer().encode(word, false));
    if (request.sampling().stop() != null) {
      // Stop strings need text; without a tokenizer this says so.
      files.tokenizer();
    }
    ChoiceOutput[] choices = new ChoiceOutput[plan.n()];
    for (int i = 0; i < choices.length; i++) {
      choices[i] = outputs.newOutput(i, request, prompt.opensReasoning());
    }
    RequestTask task = new RequestTask(ids, choices, sink, this);
    WindowPolicy policy = request.window() != null ? request.window() : options.window();
    SequenceGroup group =
        new SequenceGroup(ids, plan, new LayerWindows(policy, config), task);
    task.attach(group);
    scheduler.submit(group);
    return task;
  }

  FittedChat fit(ChatRequest request) {
    checkOpen();
    Integer asked = request.sampling().maxTokens();
    Integer ofModel = defaults.maxNewTokens();
    int answer =
        asked != null ? asked : ofModel != null ? ofModel : SamplingResolver.DEFAULT_MAX_TOKENS;
    return ChatFitter.fit(
        request, r -> prompts.encode(r).ids().length, info.contextLength(), answer);
  }

  String render(ChatRequest request) {
    checkOpen();
    return prompts.render(request);
  }

  boolean hasChatTemplate() {
    return files.hasTemplate();
  }

  boolean hasTokenizer() {
    return files.hasTokenizer();
  }

  Tokenizer tokenizer() {
    return files.tokenizer();
  }

  ModelInfo info() {
    return info;
  }

  EngineStats stats() {
    return scheduler.stats();
  }

  Executor callbacks() {
    return callbacks;
  }

  void wake() {
    scheduler.wake();
  }

  void checkOpen() {
    scheduler.checkOpen();
  }

  /** What was completed before is still delivered: its actions are with the callback threads. */
  void close() {
    leak.closed = true;
    scheduler.close();
    cleanable.clean();
  }

  private void checkPrompt(int[] ids) {
    Require.that(ids.length > 0, "prompt", "at least one token", "none");
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
        Require.that(
            false,
            "promptIds[" + i + "]",
            "a token id of 0 to " + (config.vocabSize() - 1),
            ids[i]);
      }
    }
    if (ids.length >= info.contextLength()) {
      throw new ContextFullException(
          "prompt: expected at most "
              + (info.contextLength() - 1)
              + " tokens, so that the context of "
              + info.contextLength()
              + " leaves room for an answer, got "
              + ids.length);
    }
  }

  /**
   * Reports and closes an engine that was forgotten. The engine thread keeps the model alive, so the
   * handles below would never be missed; requests that run keep the core alive.
   */
  private static final class Leak implements Runnable {
    private static final Logger logger = LoggerFactory.getLogger(Engine.class);

    private final Scheduler scheduler;
    private final Path model;
    private final Throwable opened;
    volatile boolean closed;

    Leak(Scheduler scheduler, ModelInfo info) {
      this.scheduler = scheduler;
      this.model = info.path();
      this.opened =
          Boolean.getBoolean(LEAK_DETECTION_PROPERTY) ? new Throwable("engine opened here") : null;
    }

    @Override
    public void run() {
      if (closed) {
        return;
      }
      logger.warn(
          "leak: the engine of {} was never closed{}",
          model,
          opened == null ? "; -D" + LEAK_DETECTION_PROPERTY + "=true shows where it was opened" : "",
          opened);
      scheduler.close();
    }
  }

  private static Thread callbackThread(Runnable action) {
    Thread thread = new Thread(action, "qwenjet-callback");
    thread.setDaemon(true);
    return thread;
  }
}
