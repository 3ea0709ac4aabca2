// SPDX-License-Identifier: Apache-2.0
// The example of README.md: its text is the region between the markers, and ReadmeExampleTest checks
// that both are the same and that it runs.
package io.qwenjet.engine.examples;

// @start region=readme
import io.qwenjet.engine.ChatRequest;
import io.qwenjet.engine.Chunk;
import io.qwenjet.engine.Completion;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.EngineOptions;
import io.qwenjet.engine.TokenStream;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

final class ReadmeExample {
  public static void main(String[] args) {
    Path model = Path.of(args[0]); // a checkpoint folder or a .gguf file
    EngineOptions options = EngineOptions.defaults().contextLength(2048);
    System.out.println(Engine.plan(model, options)); // what it takes of memory; loads nothing

    try (Engine engine = Engine.open(model, options)) {
      // The simplest way: one user message, the whole answer.
      System.out.println(engine.generate("What is the capital of France?"));

      // A conversation with settings of its own, printed as it comes.
      ChatRequest request =
          ChatRequest.builder()
              .system("Answer in one sentence.")
              .user("Why is the sky blue?")
              .sampling(s -> s.temperature(0.7).topP(0.8).seed(42).maxTokens(60))
              .build();
      try (TokenStream stream = engine.stream(request)) {
        for (Chunk chunk : stream) {
          System.out.print(chunk.text());
        }
        System.out.println();
        System.out.println(stream.completion().usage());
      }

      // From any thread; requests that run at the same time share steps.
      CompletableFuture<Completion> rivers = engine.submit(ChatRequest.of("Name three rivers."));
      CompletableFuture<Completion> lakes = engine.submit(ChatRequest.of("Name three lakes."));
      System.out.println(rivers.join().text());
      System.out.println(lakes.join().text());
    }
  }
}
// @end
