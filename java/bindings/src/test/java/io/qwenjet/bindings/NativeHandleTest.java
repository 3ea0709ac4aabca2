// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NativeHandleTest {
  private final AtomicInteger freed = new AtomicInteger();

  private NativeHandle<String> handle() {
    AtomicInteger count = freed;
    return new NativeHandle<>("thing", "pointer", pointer -> count.incrementAndGet());
  }

  @Test
  void closingTwiceFreesOnce() {
    NativeHandle<String> handle = handle();
    handle.close();
    handle.close();
    assertEquals(1, freed.get());
  }

  @Test
  void aCallAfterCloseIsRefusedByName() {
    NativeHandle<String> handle = handle();
    handle.close();
    NativeException e = assertThrows(NativeException.class, () -> handle.use(String::length));
    assertEquals(StatusCode.CLOSED, e.code());
    assertEquals("thing is closed", e.getMessage());
  }

  @Test
  void closeDuringACallFreesWhenTheCallLeaves() {
    NativeHandle<String> handle = handle();
    int result =
        handle.use(
            pointer -> {
              handle.close();
              assertEquals(0, freed.get());
              assertThrows(NativeException.class, () -> handle.use(String::length));
              return 7;
            });
    assertEquals(7, result);
    assertEquals(1, freed.get());
  }

  @Test
  void aCallThatThrowsIsCountedOut() {
    NativeHandle<String> handle = handle();
    assertThrows(
        IllegalStateException.class,
        () ->
            handle.use(
                pointer -> {
                  throw new IllegalStateException("inside");
                }));
    handle.close();
    assertEquals(1, freed.get());
  }

  @Test
  void racingCallsNeverSeeAFreedObject() throws Exception {
    for (int round = 0; round < 200; round++) {
      AtomicBoolean alive = new AtomicBoolean(true);
      AtomicInteger frees = new AtomicInteger();
      NativeHandle<AtomicBoolean> handle =
          new NativeHandle<>(
              "thing",
              alive,
              pointer -> {
                pointer.set(false);
                frees.incrementAndGet();
              });
      CountDownLatch go = new CountDownLatch(1);
      AtomicInteger violations = new AtomicInteger();
      Thread[] threads = new Thread[4];
      for (int t = 0; t < threads.length; t++) {
        boolean closes = t == 0;
        threads[t] =
            new Thread(
                () -> {
                  try {
                    go.await();
                    if (closes) {
                      handle.close();
                      return;
                    }
                    while (true) {
                      handle.use(
                          pointer -> {
                            if (!pointer.get()) {
                              violations.incrementAndGet();
                            }
                            return null;
                          });
                    }
                  } catch (NativeException e) {
                    if (e.code() != StatusCode.CLOSED) {
                      violations.incrementAndGet();
                    }
                  } catch (InterruptedException e) {
                    violations.incrementAndGet();
                  }
                });
        threads[t].start();
      }
      go.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(0, violations.get());
      assertEquals(1, frees.get());
    }
  }

  @Test
  void aDroppedHandleIsFreedByTheCleaner() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    drop(gone);
    boolean done = false;
    for (int attempt = 0; attempt < 100 && !done; attempt++) {
      System.gc();
      done = gone.await(50, TimeUnit.MILLISECONDS);
    }
    assertTrue(done);
  }

  @Test
  void aLeakIsLoggedAndTrackingTellsWhereItBegan() throws Exception {
    assertFalse(logOfALeak(false).contains("drop("), "no stack unless asked for");
    assertTrue(logOfALeak(true).contains("NativeHandleTest.drop("), "the stack of the creation");
  }

  private static String logOfALeak(boolean tracking) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    System.setProperty(NativeHandle.LEAK_DETECTION_PROPERTY, String.valueOf(tracking));
    try {
      drop(new CountDownLatch(1));
      // What is awaited is the message, which comes after the object was freed.
      for (int i = 0; i < 100 && !log.toString(StandardCharsets.UTF_8).contains("\n"); i++) {
        System.gc();
        Thread.sleep(50);
      }
      Thread.sleep(50);
    } finally {
      System.clearProperty(NativeHandle.LEAK_DETECTION_PROPERTY);
      System.setErr(before);
    }
    String text = log.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains("leak: dropped was never closed"), text);
    return text;
  }

  private static void drop(CountDownLatch gone) {
    NativeHandle<String> handle =
        new NativeHandle<>("dropped", "pointer", pointer -> gone.countDown());
    assertFalse(handle.isClosed());
  }
}
