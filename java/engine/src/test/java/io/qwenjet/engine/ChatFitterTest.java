// SPDX-License-Identifier: Apache-2.0
// Which turns of a conversation go when the context is full, counted in characters and, through an
// engine, in tokens.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChatFitterTest {
  /** A message counts as many tokens as its text has characters. */
  private static int characters(ChatRequest request) {
    return request.messages().stream().mapToInt(m -> m.content().length()).sum();
  }

  private static FittedChat fit(ChatRequest request, int context, int answer) {
    return ChatFitter.fit(request, ChatFitterTest::characters, context, answer);
  }

  private static List<String> texts(FittedChat fitted) {
    return fitted.request().messages().stream().map(Message::content).toList();
  }

  private static ChatRequest.Builder threeTurns() {
    return ChatRequest.builder()
        .system("ssss")
        .user("u1u1")
        .assistant("a1a1")
        .user("u2u2")
        .assistant("c2c2")
        .message(Message.tool("t2t2"))
        .assistant("a2a2")
        .user("u3u3");
  }

  @Test
  void whatFitsStaysTheSame() {
    ChatRequest request = threeTurns().build();
    FittedChat fitted = fit(request, 33, 1);
    assertSame(request, fitted.request());
    assertEquals(new FittedChat(request, 0, 0, 32), fitted);
  }

  @Test
  void wholeTurnsGoAndTheSystemMessageStays() {
    FittedChat one = fit(threeTurns().build(), 32, 1);
    assertEquals(List.of("ssss", "u2u2", "c2c2", "t2t2", "a2a2", "u3u3"), texts(one));
    assertEquals(1, one.droppedTurns());
    assertEquals(2, one.droppedMessages());
    assertEquals(24, one.promptTokens());
    FittedChat two = fit(threeTurns().build(), 24, 1);
    assertEquals(List.of("ssss", "u3u3"), texts(two));
    assertEquals(2, two.droppedTurns());
    assertEquals(6, two.droppedMessages());
  }

  @Test
  void roomForTheAnswerIsKeptButAtMostAQuarter() {
    assertEquals(0, fit(threeTurns().build(), 40, 8).droppedTurns());
    assertEquals(1, fit(threeTurns().build(), 40, 9).droppedTurns());
    assertEquals(1, fit(threeTurns().build(), 40, 1000).droppedTurns());
    assertEquals(0, fit(threeTurns().build(), 44, 1000).droppedTurns());
  }

  @Test
  void aSystemMessageBetweenTurnsStaysToo() {
    ChatRequest request =
        ChatRequest.builder().user("u1").system("mid").assistant("a1").user("u2").build();
    assertEquals(List.of("mid", "u2"), texts(fit(request, 8, 1)));
  }

  @Test
  void anAssistantThatBeginsGoesFirst() {
    ChatRequest request =
        ChatRequest.builder().system("s").assistant("hello").user("u1").user("u2").build();
    assertEquals(List.of("s", "u1", "u2"), texts(fit(request, 8, 1)));
    assertEquals(List.of("s", "u2"), texts(fit(request, 5, 1)));
  }

  @Test
  void theLastTurnAloneMayLeaveLittleRoomButMustFit() {
    ChatRequest request = ChatRequest.builder().user("old").assistant("o").user("12345").build();
    assertEquals(List.of("12345"), texts(fit(request, 6, 100)));
    ContextFullException e =
        assertThrows(ContextFullException.class, () -> fit(request, 5, 100));
    assertTrue(e.getMessage().contains("at most 4 tokens"), e.getMessage());
    assertTrue(e.getMessage().endsWith("got 5"), e.getMessage());
  }

  @Test
  void otherPartsOfTheRequestStay() {
    ChatRequest request =
        threeTurns()
            .tool(new Tool("f", "does f", Map.of("type", "object")))
            .thinking(false)
            .templateVariable("x", 1)
            .sampling(s -> s.maxTokens(3))
            .window(WindowPolicy.full())
            .build();
    ChatRequest shorter = fit(request, 24, 1).request();
    assertEquals(request.tools(), shorter.tools());
    assertEquals(false, shorter.thinking());
    assertEquals(Map.of("x", 1), shorter.templateVariables());
    assertEquals(3, shorter.sampling().maxTokens());
    assertSame(request.window(), shorter.window());
  }

  @Test
  void anEngineCountsTheTokensOfItsTemplate() {
    TestEngines t = TestEngines.saying("yes");
    t.contextLength = 100;
    t.defaults = new GenerationDefaults(0.0, null, null, null, null, 10, List.of());
    try (Engine engine = t.open()) {
      ChatRequest.Builder chat = ChatRequest.builder();
      for (int i = 0; i < 20; i++) {
        chat.user("question " + i).assistant("yes");
      }
      FittedChat fitted = engine.fit(chat.user("last").build());
      assertTrue(fitted.droppedTurns() > 15, fitted.toString());
      assertEquals(2 * fitted.droppedTurns(), fitted.droppedMessages());
      assertTrue(fitted.promptTokens() + 10 <= 100, fitted.toString());
      Completion answer = engine.chat(fitted.request());
      assertEquals("yes", answer.text());
      assertEquals(fitted.promptTokens(), answer.usage().promptTokens());
      assertThrows(
          ContextFullException.class, () -> engine.fit(ChatRequest.of("x".repeat(100))));
    }
  }
}
