// SPDX-License-Identifier: Apache-2.0
// Cancelling, interrupting, closing and back-pressure, also while everything else is going on.
package io.qwenjet.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EngineLifetimeTest {
  private static GenerationRequest longRequest() {
    return GenerationRequest.builder()
        .promptIds(1, 2, 3)
        .sampling(s -> s.maxTokens(400).ignoreEos(true))
        .build();
  }

  private static void await(BooleanSupplier condition, String what) throws InterruptedException {
    long end = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, what);
      Thread.sleep(1);
    }
  }

  private static void awaitIdle(Engine engine) throws InterruptedException {
    await(
        () -> engine.stats().usedPages() == 0 && engine.stats().runningSequences() == 0,
        "pages are freed");
  }

  @Test
  void cancellingAStreamKeepsWhatWasGenerated() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      t.model.stepMs = 1;
      try (TokenStream stream = engine.stream(longRequest())) {
        stream.next();
        stream.cancel();
        Completion c = stream.completion();
        assertEquals(FinishReason.CANCELLED, c.finishReason());
        assertTrue(c.ids().length >= 1 && c.ids().length < 400);
      }
      awaitIdle(engine);
    }
  }

  @Test
  void closingAStreamCancels() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      t.model.stepMs = 1;
      TokenStream stream = engine.stream(longRequest());
      stream.next();
      stream.close();
      stream.close();
      awaitIdle(engine);
      assertThrows(
          EngineClosedException.class,
          () -> {
            while (true) {
              stream.next();
            }
          });
    }
  }

  @Test
  void cancellingOrTimingOutAFutureCancels() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      t.model.stepMs = 1;
      CompletableFuture<Completion> f = engine.submit(longRequest());
      assertTrue(f.cancel(true));
      awaitIdle(engine);
      CompletableFuture<Completion> late =
          engine.submit(longRequest()).orTimeout(20, TimeUnit.MILLISECONDS);
      assertThrows(ExecutionException.class, late::get);
      awaitIdle(engine);
    }
  }

  @Test
  void aListenerThatThrowsCancels() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      CompletableFuture<Completion> f =
          engine.submit(
              longRequest(),
              c -> {
                throw new IllegalStateException("no");
              });
      ExecutionException e = assertThrows(ExecutionException.class, f::get);
      assertInstanceOf(IllegalStateException.class, e.getCause());
      awaitIdle(engine);
    }
  }

  @Test
  void interruptingAWaitingCallerCancels() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      t.model.stepMs = 1;
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      AtomicReference<Boolean> flag = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  engine.generate(longRequest());
                } catch (RuntimeException e) {
                  thrown.set(e);
                  flag.set(Thread.currentThread().isInterrupted());
                }
              });
      caller.start();
      await(() -> engine.stats().generatedTokens() > 0, "it runs");
      caller.interrupt();
      caller.join();
      assertInstanceOf(CancelledException.class, thrown.get());
      assertEquals(true, flag.get());
      awaitIdle(engine);
    }
  }

  @Test
  void closingCompletesEverythingPending() throws Exception {
    TestEngines t = new TestEngines();
    t.maxSequences = 2;
    Engine engine = t.open();
    t.model.stepMs = 2;
    List<CompletableFuture<Completion>> futures = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      futures.add(engine.submit(longRequest()));
    }
    TokenStream stream = engine.stream(longRequest());
    await(() -> engine.stats().generatedTokens() > 0, "it runs");
    engine.close();
    engine.close();
    assertTrue(t.model.isClosed());
    for (CompletableFuture<Completion> f : futures) {
      ExecutionException e =
          assertThrows(ExecutionException.class, () -> f.get(5, TimeUnit.SECONDS));
      assertInstanceOf(EngineClosedException.class, e.getCause());
    }
    assertThrows(EngineClosedException.class, stream::hasNext);
    assertThrows(EngineClosedException.class, () -> engine.submit(longRequest()));
    assertThrows(EngineClosedException.class, () -> engine.generate("x"));
    assertThrows(EngineClosedException.class, () -> engine.publish(longRequest()));
    assertThrows(EngineClosedException.class, () -> engine.render(ChatRequest.of("x")));
    assertEquals("fake", engine.info().architecture());
  }

  @Test
  void closingFromACallbackWorks() throws Exception {
    Engine engine = new TestEngines().open();
    CompletableFuture<Void> closed =
        engine
            .submit(GenerationRequest.of("x"))
            .thenRun(engine::close);
    closed.get(5, TimeUnit.SECONDS);
    assertThrows(EngineClosedException.class, () -> engine.generate("x"));
  }

  @Test
  void aForgottenEngineIsClosedButNotWhileItWorks() throws Exception {
    TestEngines t = new TestEngines();
    CompletableFuture<Completion> f = forget(t);
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertFalse(t.model.isClosed(), "a request runs");
    assertEquals(400, f.get(20, TimeUnit.SECONDS).ids().length);
    f = null;
    await(
        () -> {
          System.gc();
          return t.model.isClosed();
        },
        "the cleaner closes it");
  }

  private static CompletableFuture<Completion> forget(TestEngines t) {
    Engine engine = t.open();
    t.model.stepMs = 1;
    return engine.submit(longRequest());
  }

  @Test
  void usesAndClosesRace() throws Exception {
    long end = System.nanoTime() + 4_000_000_000L;
    int rounds = 0;
    while (rounds < 6 || System.nanoTime() < end) {
      TestEngines t = new TestEngines();
      t.maxSequences = 4;
      Engine engine = t.open();
      AtomicInteger finished = new AtomicInteger();
      Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        int kind = i % 3;
        threads.add(
            new Thread(
                () -> {
                  try {
                    while (true) {
                      use(engine, kind);
                      finished.incrementAndGet();
                    }
                  } catch (EngineClosedException e) {
                    return;
                  } catch (Throwable e) {
                    unexpected.add(e);
                  }
                }));
      }
      threads.forEach(Thread::start);
      Thread.sleep(ThreadLocalRandom.current().nextInt(40));
      engine.close();
      for (Thread thread : threads) {
        thread.join(10_000);
        assertFalse(thread.isAlive(), "a caller hangs");
      }
      assertEquals(List.of(), List.copyOf(unexpected));
      assertTrue(t.model.isClosed());
      rounds++;
    }
  }

  private static void use(Engine engine, int kind) throws Throwable {
    GenerationRequest r =
        GenerationRequest.builder().promptIds(1, 2).sampling(s -> s.maxTokens(8)).build();
    try {
      switch (kind) {
        case 0 -> engine.generate(r);
        case 1 -> {
          try (TokenStream stream = engine.stream(r)) {
            stream.next();
          }
        }
        default -> engine.submit(r).get(10, TimeUnit.SECONDS);
      }
    } catch (ExecutionException e) {
      throw e.getCause();
    }
  }

  @Test
  void publishersWaitForDemand() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      Collector slow = new Collector();
      engine.publish(longRequest()).subscribe(slow);
      await(() -> slow.subscription != null, "it is subscribed");
      await(() -> engine.stats().generatedTokens() > 10, "it generates ahead");
      Thread.sleep(50);
      assertEquals(0, slow.chunks.size());
      long ahead = engine.stats().generatedTokens();
      assertTrue(ahead < 100, "it pauses, having generated " + ahead);
      slow.subscription.request(5);
      await(() -> slow.chunks.size() == 5, "what was asked for comes");
      Thread.sleep(20);
      assertEquals(5, slow.chunks.size());
      // A paused request does not hold up another.
      assertEquals(
          4, engine.generate(
              GenerationRequest.builder()
                  .promptIds(1)
                  .sampling(s -> s.maxTokens(4).ignoreEos(true))
                  .build()).ids().length);
      slow.subscription.request(Long.MAX_VALUE);
      assertTrue(slow.ended.await(10, TimeUnit.SECONDS));
      assertEquals(400, slow.chunks.stream().mapToInt(c -> c.ids().length).sum());
      assertEquals(null, slow.error);
      awaitIdle(engine);
    }
  }

  @Test
  void cancellingASubscriptionFreesItsPages() throws Exception {
    TestEngines t = new TestEngines();
    try (Engine engine = t.open()) {
      Collector c = new Collector();
      engine.publish(longRequest()).subscribe(c);
      await(() -> engine.stats().generatedTokens() > 10, "it generates");
      c.subscription.cancel();
      awaitIdle(engine);
      assertEquals(1, c.ended.getCount(), "nothing is signalled after a cancel");

      Collector refused = new Collector();
      engine.publish(GenerationRequest.builder().promptIds(-1).build()).subscribe(refused);
      assertTrue(refused.ended.await(10, TimeUnit.SECONDS));
      assertInstanceOf(InvalidRequestException.class, refused.error);

      Collector bad = new Collector();
      engine.publish(longRequest()).subscribe(bad);
      await(() -> bad.subscription != null, "it is subscribed");
      bad.subscription.request(0);
      assertTrue(bad.ended.await(10, TimeUnit.SECONDS));
      assertInstanceOf(IllegalArgumentException.class, bad.error);
      awaitIdle(engine);
    }
  }

  private static final class Collector implements Flow.Subscriber<Chunk> {
    final Queue<Chunk> chunks = new ConcurrentLinkedQueue<>();
    final CountDownLatch ended = new CountDownLatch(1);
    volatile Flow.Subscription subscription;
    volatile Throwable error;

    @Override
    public void onSubscribe(Flow.Subscription s) {
      subscription = s;
    }

    @Override
    public void onNext(Chunk chunk) {
      chunks.add(chunk);
    }

    @Override
    public void onError(Throwable e) {
      error = e;
      ended.countDown();
    }

    @Override
    public void onComplete() {
      ended.countDown();
    }
  }
}
