// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.qwenjet.engine.ChatRequest;
import io.qwenjet.engine.Chunk;
import io.qwenjet.engine.Completion;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.GenerationRequest;
import io.qwenjet.engine.InferenceRequest;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.SamplingParameters;
import io.qwenjet.engine.Timings;
import io.qwenjet.engine.TokenStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "generate",
    header = "Answer one prompt.",
    description = {
      "The prompt goes through the model's chat template as one user message where there is one."
          + " The answer streams to standard output.",
      ""
    })
final class GenerateCommand implements Callable<Integer> {
  private final Streams streams;

  @Parameters(
      arity = "0..1",
      paramLabel = "PROMPT",
      description = "The prompt; without it standard input is read.")
  private String prompt;

  @Mixin private ModelSource source;
  @Mixin private ModelOptions options;
  @Mixin private WindowOptions window;
  @Mixin private SamplingOptions sampling;

  @Option(names = "--raw", description = "Send the text itself, without the chat template.")
  private boolean raw;

  @Option(names = "--system", paramLabel = "TEXT", description = "A system message before it.")
  private String system;

  @Option(
      names = "--think",
      negatable = true,
      description = "Let the model think first, or with --no-think not; the default is the model's.")
  private Boolean thinking;

  @Option(
      names = "--json",
      description =
          "Print one JSON object at the end: prompt_ids, ids, text, reasoning, tool_calls,"
              + " finish_reason, usage, timings.")
  private boolean json;

  GenerateCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    ModelLocation model = source.location();
    String text = prompt != null ? prompt : readPrompt();
    try (Engine engine =
        EngineLoader.open(model, options.engineOptions().maxSequences(1), streams)) {
      InferenceRequest request = request(engine, text);
      if (json) {
        Completion done =
            request instanceof ChatRequest chat
                ? engine.chat(chat)
                : engine.generate((GenerationRequest) request);
        streams
            .out()
            .println(
                new ObjectMapper()
                    .writeValueAsString(CompletionJson.of(done, engine.info().loadS())));
        return 0;
      }
      stream(engine, request);
    }
    return 0;
  }

  private InferenceRequest request(Engine engine, String text) {
    SamplingParameters.Builder builder = SamplingParameters.builder();
    sampling.applyTo(builder);
    if (raw || !engine.hasChatTemplate()) {
      if (system != null || thinking != null) {
        throw new CommandException(
            "--system, --think and --no-think need a chat template: expected a model that has one,"
                + " without --raw");
      }
      return GenerationRequest.builder()
          .prompt(text)
          .window(window.policy())
          .sampling(builder.build())
          .build();
    }
    ChatRequest.Builder chat =
        ChatRequest.builder().window(window.policy()).sampling(builder.build());
    if (system != null) {
      chat.system(system);
    }
    if (thinking != null) {
      chat.thinking(thinking);
    }
    return chat.user(text).build();
  }

  private void stream(Engine engine, InferenceRequest request) {
    AnswerPrinter printer = new AnswerPrinter(streams);
    try (TokenStream tokens = engine.stream(request)) {
      for (Chunk chunk : tokens) {
        printer.print(chunk);
        if (streams.out().checkError()) {
          // Whoever read the answer is gone.
          tokens.cancel();
        }
      }
      printer.end();
      if (streams.errIsTerminal()) {
        streams.note(streams.dim(summary(tokens.completion())));
      }
    }
  }

  static String summary(Completion done) {
    Timings t = done.timings();
    String decode =
        Double.isFinite(t.decodeTokensPerS())
            ? String.format(Locale.ROOT, " at %.1f/s", t.decodeTokensPerS())
            : "";
    return String.format(
        Locale.ROOT,
        "[%d prompt tokens at %.1f/s, first token after %.2f s, %d tokens%s, ended by %s]",
        done.usage().promptTokens(),
        t.promptTokensPerS(),
        t.firstTokenS(),
        done.usage().completionTokens(),
        decode,
        done.finishReason().label());
  }

  private String readPrompt() {
    if (streams.inIsTerminal() && streams.errIsTerminal()) {
      streams.note(streams.dim("type the prompt; Ctrl-D on an empty line ends it"));
    }
    return raw ? streams.readAll() : streams.readPrompt();
  }
}
