// SPDX-License-Identifier: Apache-2.0
// Asks a model all items at once and judges what comes. Requests carry no sampling values: what the
// model's generation_config.json says applies, as for a prompt given to generate without options.
package io.qwenjet.eval;

import io.qwenjet.engine.ChatRequest;
import io.qwenjet.engine.Choice;
import io.qwenjet.engine.Completion;
import io.qwenjet.engine.ContextFullException;
import io.qwenjet.engine.Engine;
import io.qwenjet.engine.FinishReason;
import io.qwenjet.engine.InferenceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

final class Scorer {
  private final Engine engine;
  private int done;
  private int correct;

  Scorer(Engine engine) {
    this.engine = engine;
  }

  List<Scored> score(List<NanoEvaluation.Question> questions, EvaluationProgress progress) {
    List<CompletableFuture<Scored>> pending = new ArrayList<>();
    try {
      for (NanoEvaluation.Question question : questions) {
        CompletableFuture<Scored> scored = ask(question);
        pending.add(
            scored.whenComplete((one, e) -> count(one, questions.size(), progress)));
      }
      List<Scored> all = new ArrayList<>();
      pending.forEach(future -> all.add(future.join()));
      return all;
    } catch (CompletionException e) {
      if (e.getCause() instanceof InferenceException cause) {
        throw cause;
      }
      throw e;
    } finally {
      pending.forEach(future -> future.cancel(true));
    }
  }

  /** A prompt that does not fit counts as a wrong answer; anything else that fails ends it all. */
  private CompletableFuture<Scored> ask(NanoEvaluation.Question question) {
    CompletableFuture<Completion> asked;
    try {
      asked = engine.submit(request(question.item()));
    } catch (ContextFullException e) {
      asked = CompletableFuture.failedFuture(e);
    }
    return asked.handle(
        (completion, e) -> {
          Throwable cause = e instanceof CompletionException ? e.getCause() : e;
          if (cause instanceof ContextFullException full) {
            return tooLong(question, full);
          }
          if (cause != null) {
            throw cause instanceof RuntimeException known ? known : new CompletionException(cause);
          }
          return judge(question, completion);
        });
  }

  private static Scored tooLong(NanoEvaluation.Question question, ContextFullException e) {
    Answer none = new Answer("", List.of(), question.item().said());
    Verdict verdict = question.item().check().judge(none);
    return new Scored(
        question.group(),
        question.item(),
        none,
        "",
        new Verdict(false, "expected a prompt that fits: " + e.getMessage(), verdict.fields()),
        true,
        0,
        0);
  }

  private synchronized void count(Scored one, int total, EvaluationProgress progress) {
    done++;
    correct += one != null && one.verdict().correct() ? 1 : 0;
    progress.update(done, total, correct);
  }

  private static ChatRequest request(Item item) {
    ChatRequest.Builder request = ChatRequest.builder().messages(item.messages());
    item.tools().forEach(request::tool);
    if (item.thinking() != null) {
      request.thinking(item.thinking());
    }
    return request.build();
  }

  private static Scored judge(NanoEvaluation.Question question, Completion completion) {
    Choice choice = completion.choices().get(0);
    boolean isFinished = choice.finishReason() != FinishReason.LENGTH;
    Item item = question.item();
    Answer answer = new Answer(choice.text(), choice.toolCalls(), item.said());
    Verdict verdict = item.check().judge(answer);
    if (!isFinished) {
      String reason = "expected an end of the answer, got none after " + choice.ids().length + " tokens";
      verdict = new Verdict(false, reason, verdict.fields());
    }
    return new Scored(
        question.group(),
        item,
        answer,
        choice.reasoning(),
        verdict,
        isFinished,
        completion.usage().promptTokens(),
        completion.usage().completionTokens());
  }
}
