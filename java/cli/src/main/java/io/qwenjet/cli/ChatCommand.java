// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.cli;

import io.qwenjet.engine.Engine;
import io.qwenjet.engine.ModelLocation;
import io.qwenjet.engine.SamplingParameters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "chat",
    header = "Hold a conversation in the terminal.",
    description = {
      "Line editing and history as in a shell. Ctrl-C stops the answer, Ctrl-D ends, /help lists the"
          + " commands. From a pipe every line is one message.",
      ""
    })
final class ChatCommand implements Callable<Integer> {
  private final Streams streams;

  @Mixin private ModelSource source;
  @Mixin private ModelOptions options;
  @Mixin private WindowOptions window;
  @Mixin private SamplingOptions sampling;

  @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
  private String system;

  @Option(
      names = "--think",
      negatable = true,
      description = "Let the model think first, or with --no-think not; the default is the model's.")
  private Boolean thinking;

  ChatCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() throws IOException {
    ModelLocation model = source.location();
    SamplingParameters.Builder parameters = SamplingParameters.builder();
    sampling.applyTo(parameters);
    try (Engine engine =
        EngineLoader.open(model, options.engineOptions().maxSequences(1), streams)) {
      if (!engine.hasChatTemplate()) {
        throw new CommandException(
            model + ": expected a model with a chat template, got one without; use generate");
      }
      ChatSession session =
          new ChatSession(engine, parameters.build(), window.policy(), streams);
      session.system(system);
      session.thinking(thinking);
      if (model.isEmbedded()) {
        Welcome.embedded().forEach(streams::note);
      }
      if (streams.inIsTerminal() && streams.outIsTerminal()) {
        ChatTerminal.run(session, streams, model.name());
      } else {
        readLines(session);
      }
    }
    return 0;
  }

  private void readLines(ChatSession session) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    while (line != null && session.take(line)) {
      line = lines.readLine();
    }
  }
}
