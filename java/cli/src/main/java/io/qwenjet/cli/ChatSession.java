// SPDX-License-Identifier: Apache-2.0
// A conversation and its slash commands, without a terminal: the line comes in, the answer goes to a
// printer. Whoever reads lines decides how they are read.
package io.qwenjet.cli;

import io.qwenjet.engine.ChatRequest;
import io.qwenjet.engine.Chunk;
import io.qwenjet.engine.Completion;
import io.qwenjet.engine.ContextFullException;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.FinishReason;
import io.qwenjet.engine.FittedChat;
import io.qwenjet.engine.Message;
import io.qwenjet.engine.SamplingParameters;
import io.qwenjet.engine.TokenStream;
import io.qwenjet.engine.WindowPolicy;
import java.util.ArrayList;
import java.util.List;

final class ChatSession {
  static final String HELP =
      String.join(
          System.lineSeparator(),
          "/help            this list",
          "/system [TEXT]   set the system message; without TEXT show it",
          "/think [on|off]  let the model think before it answers, or not; alone: the other of both",
          "/clear           begin a new conversation; the system message stays",
          "/quit            end (so does Ctrl-D)",
          "Ctrl-C stops the answer.");

  private final Engine engine;
  private final SamplingParameters sampling;
  private final WindowPolicy window;
  private final Streams streams;
  private final List<Message> messages = new ArrayList<>();
  private String system;
  private Boolean thinking;
  private volatile TokenStream running;

  ChatSession(
      Engine engine, SamplingParameters sampling, WindowPolicy window, Streams streams) {
    this.engine = engine;
    this.sampling = sampling;
    this.window = window;
    this.streams = streams;
  }

  void system(String text) {
    system = text;
  }

  void thinking(Boolean on) {
    thinking = on;
  }

  /** Takes a line of the user. Returns false when the session shall end. */
  boolean take(String line) {
    String text = line.strip();
    if (text.isEmpty()) {
      return true;
    }
    if (!text.startsWith("/")) {
      answer(line);
      return true;
    }
    int space = text.indexOf(' ');
    String command = space < 0 ? text : text.substring(0, space);
    String argument = space < 0 ? "" : text.substring(space + 1).strip();
    switch (command) {
      case "/quit", "/exit" -> {
        return false;
      }
      case "/help" -> streams.note(HELP);
      case "/system" -> takeSystem(argument);
      case "/think" -> takeThink(argument);
      case "/clear" -> {
        messages.clear();
        streams.note("a new conversation");
      }
      default -> streams.note("there is no command " + command + "; /help lists them");
    }
    return true;
  }

  /** Stops the running answer; from any thread. Returns false when none runs. */
  boolean stopAnswer() {
    TokenStream current = running;
    if (current == null) {
      return false;
    }
    current.cancel();
    return true;
  }

  private void takeSystem(String argument) {
    if (argument.isEmpty()) {
      streams.note(system == null ? "there is no system message" : "system message: " + system);
    } else {
      system = argument;
      streams.note("system message set");
    }
  }

  private void takeThink(String argument) {
    switch (argument) {
      case "on" -> thinking = true;
      case "off" -> thinking = false;
      case "" -> thinking = Boolean.FALSE.equals(thinking);
      default -> {
        streams.note("/think: expected on or off, got " + argument);
        return;
      }
    }
    streams.note("thinking is " + (thinking ? "on" : "off"));
  }

  private void answer(String line) {
    ChatRequest.Builder request = ChatRequest.builder().sampling(sampling).window(window);
    if (system != null) {
      request.system(system);
    }
    if (thinking != null) {
      request.thinking(thinking);
    }
    try {
      FittedChat fitted =
          engine.fit(request.messages(messages).message(Message.user(line)).build());
      forget(fitted);
      stream(fitted.request(), Message.user(line));
    } catch (ContextFullException e) {
      streams.note(ErrorText.of(e) + "; this message was not sent");
    }
  }

  /** Turns that no longer fit are gone for good: each later prompt is shorter to compute. */
  private void forget(FittedChat fitted) {
    if (fitted.droppedTurns() > 0) {
      messages.subList(0, fitted.droppedMessages()).clear();
      streams.note(
          streams.dim(
              "[the context of "
                  + engine.info().contextLength()
                  + " tokens is full: the oldest "
                  + (fitted.droppedTurns() == 1 ? "turn is" : fitted.droppedTurns() + " turns are")
                  + " forgotten]"));
    }
  }

  private void stream(ChatRequest request, Message user) {
    AnswerPrinter printer = new AnswerPrinter(streams);
    try (TokenStream tokens = engine.stream(request)) {
      running = tokens;
      for (Chunk chunk : tokens) {
        printer.print(chunk);
      }
      printer.end();
      Completion done = tokens.completion();
      messages.add(user);
      messages.add(Message.assistant(done.choices().get(0)));
      if (done.finishReason() == FinishReason.CANCELLED) {
        streams.note(streams.dim("[stopped]"));
      } else if (streams.errIsTerminal()) {
        streams.note(streams.dim(GenerateCommand.summary(done)));
      }
    } finally {
      running = null;
    }
  }
}
