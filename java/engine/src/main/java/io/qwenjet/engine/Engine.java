// SPDX-License-Identifier: Apache-2.0
// The entry point of the library: one opened model. Requests are prepared on the caller's thread
// (template, tokenizer, checks) and handed to the engine thread, which alone calls native code;
// callers wait in Java only.
package io.qwenjet.engine;

import io.qwenjet.engine.text.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * One opened model that generates text. Safe from any thread, virtual ones too; requests that arrive
 * together share steps. Nothing runs on the caller's thread but tokenization. Must be closed; an
 * engine that is forgotten is reported in the log.
 *
 * <p>Every method that takes a request throws {@link InvalidRequestException} for values out of
 * range, {@link ContextFullException} for a prompt that does not fit, {@link
 * UnsupportedModelException} where text is given to a model without a tokenizer, and {@link
 * EngineClosedException} after {@link #close()}. No argument may be null.
 */
public final class Engine implements AutoCloseable {
  private final EngineCore core;

  Engine(EngineCore core) {
    this.core = core;
  }

  /**
   * Returns a model opened with default options.
   *
   * @param model a checkpoint folder (config.json and safetensors) or a .gguf file
   * @return an engine that the caller closes
   * @throws ModelFormatException if a file is missing, cut off or contradicts itself
   * @throws UnsupportedModelException if the model is of a kind that this build cannot run
   * @throws InsufficientMemoryException with the plan, if memory does not suffice
   */
  public static Engine open(Path model) {
    return open(model, EngineOptions.defaults());
  }

  /**
   * Returns an opened model. Blocks while weights load; an interrupt ends it with a {@link
   * CancelledException}.
   *
   * @param model a checkpoint folder (config.json and safetensors) or a .gguf file
   * @param options how to open it
   * @return an engine that the caller closes
   * @throws ModelFormatException if a file is missing, cut off or contradicts itself
   * @throws UnsupportedModelException if the model is of a kind that this build cannot run
   * @throws InsufficientMemoryException with the plan, if memory does not suffice
   * @throws InvalidRequestException if an option cannot be had, such as a path of instructions that
   *     the machine lacks
   */
  public static Engine open(Path model, EngineOptions options) {
    return open(ModelLocation.of(Require.notNull("model", model)), options);
  }

  /**
   * Returns an opened model, on disk or embedded. Blocks while weights load; an interrupt ends it
   * with a {@link CancelledException}.
   *
   * @param model where it lies
   * @param options how to open it
   * @return an engine that the caller closes; it throws what {@link #open(Path, EngineOptions)} does
   */
  public static Engine open(ModelLocation model, EngineOptions options) {
    return new Engine(
        ModelOpener.open(Require.notNull("model", model), Require.notNull("options", options)));
  }

  /**
   * Returns the model that comes with this build, opened with default options.
   *
   * @return an engine that the caller closes
   * @throws UnsupportedModelException if this build has none; see {@link EmbeddedModel#isPresent()}
   */
  public static Engine openEmbedded() {
    return openEmbedded(EngineOptions.defaults());
  }

  /**
   * Returns the model that comes with this build, opened. It is read from the jar; nothing is
   * written anywhere.
   *
   * @param options how to open it
   * @return an engine that the caller closes
   * @throws UnsupportedModelException if this build has none; see {@link EmbeddedModel#isPresent()}
   * @throws InsufficientMemoryException with the plan, if memory does not suffice
   * @throws InvalidRequestException if an option cannot be had
   */
  public static Engine openEmbedded(EngineOptions options) {
    return open(ModelLocation.embedded(), options);
  }

  /**
   * Returns what opening a model would take of memory. Reads headers only.
   *
   * @param model a checkpoint folder or a .gguf file
   * @param options how it would be opened
   * @return the plan; {@link MemoryPlan#fits()} says whether it would open
   * @throws ModelFormatException if a file is missing, cut off or contradicts itself
   * @throws UnsupportedModelException if the model is of a kind that this build cannot run
   */
  public static MemoryPlan plan(Path model, EngineOptions options) {
    return plan(ModelLocation.of(Require.notNull("model", model)), options);
  }

  /**
   * Returns what opening a model, on disk or embedded, would take of memory.
   *
   * @param model where it lies
   * @param options how it would be opened
   * @return the plan; {@link MemoryPlan#fits()} says whether it would open
   */
  public static MemoryPlan plan(ModelLocation model, EngineOptions options) {
    return ModelOpener.plan(Require.notNull("model", model), Require.notNull("options", options));
  }

  /**
   * Returns the answer to a prompt, which goes through the chat template as one user message if the
   * model has a template, else as it is. Blocks; an interrupt cancels.
   *
   * @param prompt the text
   * @return the answer without reasoning
   * @throws CancelledException if the calling thread is interrupted
   */
  public String generate(String prompt) {
    Require.notNull("prompt", prompt);
    return core.hasChatTemplate()
        ? chat(ChatRequest.of(prompt)).text()
        : generate(GenerationRequest.of(prompt)).text();
  }

  /**
   * Returns the continuation of a bare prompt. Blocks; an interrupt cancels.
   *
   * @param request the prompt
   * @return the finished result
   * @throws CancelledException if the calling thread is interrupted
   */
  public Completion generate(GenerationRequest request) {
    return await(request);
  }

  /**
   * Returns the answer to a conversation. Blocks; an interrupt cancels.
   *
   * @param request the conversation
   * @return the finished result
   * @throws CancelledException if the calling thread is interrupted
   * @throws UnsupportedModelException if the model has no chat template
   */
  public Completion chat(ChatRequest request) {
    return await(request);
  }

  /**
   * Returns the answer piece by piece.
   *
   * @param request a conversation or a prompt
   * @return a stream that the caller closes; closing it early cancels
   */
  public TokenStream stream(InferenceRequest request) {
    TokenStream stream = new TokenStream();
    stream.attach(core.submit(request, stream.sink()));
    return stream;
  }

  /**
   * Returns the result to come. Cancelling or timing out the future cancels the request. Dependent
   * actions run on threads of the engine made for callbacks, never on the thread that computes.
   *
   * @param request a conversation or a prompt
   * @return a future that fails with what {@link #chat} would throw
   */
  public CompletableFuture<Completion> submit(InferenceRequest request) {
    return Delivery.toFuture(core, request, null);
  }

  /**
   * Returns the result to come and hands over its pieces as they come. The listener is called by one
   * thread at a time, in order, before the future completes; what it throws cancels the request and
   * fails the future.
   *
   * @param request a conversation or a prompt
   * @param listener takes each piece
   * @return a future as of {@link #submit(InferenceRequest)}
   */
  public CompletableFuture<Completion> submit(
      InferenceRequest request, Consumer<? super Chunk> listener) {
    return Delivery.toFuture(core, request, Require.notNull("listener", listener));
  }

  /**
   * Returns a publisher of the answer's pieces. Each subscription starts a generation of its own;
   * one that asks for nothing more pauses its generation after a few pieces, and cancelling it frees
   * its memory before the next step.
   *
   * @param request a conversation or a prompt
   * @return a publisher that never blocks its subscribers
   */
  public Flow.Publisher<Chunk> publish(InferenceRequest request) {
    core.checkOpen();
    Require.notNull("request", request);
    return subscriber -> Delivery.subscribe(core, request, subscriber);
  }

  /**
   * Returns the text that a conversation becomes, as the model sees it.
   *
   * @param request the conversation
   * @return the rendered chat template
   * @throws UnsupportedModelException if the model has no chat template
   */
  public String render(ChatRequest request) {
    return core.render(Require.notNull("request", request));
  }

  /**
   * Returns a conversation that leaves room for an answer: if it is too long, its oldest turns are
   * left out, each a user message with all that followed it. System messages, tools and the last turn
   * stay. Room is what the request's maxTokens asks for, at most a quarter of the context.
   *
   * @param request the conversation
   * @return the same conversation, or a shorter one
   * @throws ContextFullException if what has to stay is longer than the context
   * @throws UnsupportedModelException if the model has no chat template
   */
  public FittedChat fit(ChatRequest request) {
    return core.fit(Require.notNull("request", request));
  }

  /**
   * Says whether the model came with a chat template.
   *
   * @return true if {@link #chat} works
   */
  public boolean hasChatTemplate() {
    return core.hasChatTemplate();
  }

  /**
   * Says whether the model came with a tokenizer.
   *
   * @return false if only token ids can be given
   */
  public boolean hasTokenizer() {
    return core.hasTokenizer();
  }

  /**
   * Returns the model's tokenizer.
   *
   * @return the tokenizer; safe from any thread, also after closing
   * @throws UnsupportedModelException if the model came without one
   */
  public Tokenizer tokenizer() {
    return core.tokenizer();
  }

  /**
   * Returns what runs here and how.
   *
   * @return the description, also after closing
   */
  public ModelInfo info() {
    return core.info();
  }

  /**
   * Returns counters since the engine opened.
   *
   * @return a snapshot, also after closing
   */
  public EngineStats stats() {
    return core.stats();
  }

  /**
   * Cancels what runs, waits for the running step to end, completes everything pending with an
   * {@link EngineClosedException} and frees memory. Never throws; calls after the first do nothing
   * but wait for it. May be called from any thread.
   */
  @Override
  public void close() {
    core.close();
  }

  private Completion await(InferenceRequest request) {
    CompletableFuture<Completion> result = new CompletableFuture<>();
    RequestTask task = core.submit(request, Delivery.completing(result));
    try {
      return result.get();
    } catch (InterruptedException e) {
      task.cancel();
      Thread.currentThread().interrupt();
      throw new CancelledException("the thread that waited for the answer was interrupted");
    } catch (ExecutionException e) {
      throw Delivery.rethrown(e.getCause());
    }
  }
}
