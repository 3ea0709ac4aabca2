// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.bindings.NativeException;
import io.qwenjet.bindings.StatusCode;
import io.qwenjet.engine.CancelledException;
import io.qwenjet.engine.ContextFullException;
import io.qwenjet.engine.DeviceException;
import io.qwenjet.engine.DeviceMemoryException;
import io.qwenjet.engine.EngineClosedException;
import io.qwenjet.engine.ErrorCode;
import io.qwenjet.engine.InferenceException;
import io.qwenjet.engine.InsufficientMemoryException;
import io.qwenjet.engine.InvalidRequestException;
import io.qwenjet.engine.ModelFormatException;
import io.qwenjet.engine.RequestTimeoutException;
import io.qwenjet.engine.UnsupportedModelException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NativeStatusTest {
  private static final Map<StatusCode, Class<? extends RuntimeException>> TYPES =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(StatusCode.OK, InferenceException.class),
              Map.entry(StatusCode.INVALID_ARGUMENT, InvalidRequestException.class),
              Map.entry(StatusCode.NOT_FOUND, ModelFormatException.class),
              Map.entry(StatusCode.CORRUPT_MODEL, ModelFormatException.class),
              Map.entry(StatusCode.UNSUPPORTED, UnsupportedModelException.class),
              Map.entry(StatusCode.OUT_OF_HOST_MEMORY, InsufficientMemoryException.class),
              Map.entry(StatusCode.OUT_OF_DEVICE_MEMORY, DeviceMemoryException.class),
              Map.entry(StatusCode.DEVICE_ERROR, DeviceException.class),
              Map.entry(StatusCode.DEVICE_LOST, DeviceException.class),
              Map.entry(StatusCode.CANCELLED, CancelledException.class),
              Map.entry(StatusCode.TIMEOUT, RequestTimeoutException.class),
              Map.entry(StatusCode.CONTEXT_FULL, ContextFullException.class),
              Map.entry(StatusCode.CLOSED, EngineClosedException.class),
              Map.entry(StatusCode.INTERNAL, InferenceException.class)));

  @Test
  void everyCodeHasItsType() {
    for (StatusCode code : StatusCode.values()) {
      NativeException e = new NativeException(code, "expected 1, got 2");
      RuntimeException mapped = NativeStatus.toPublic(e);
      assertEquals(TYPES.get(code), mapped.getClass(), code.name());
      assertTrue(mapped.getMessage().endsWith("expected 1, got 2"), mapped.getMessage());
      assertSame(e, mapped.getCause());
      if (mapped instanceof InferenceException inference) {
        assertEquals("expected 1, got 2", inference.nativeMessage());
        ErrorCode want = code == StatusCode.OK ? ErrorCode.INTERNAL : ErrorCode.valueOf(code.name());
        assertEquals(want, inference.code());
      }
    }
  }

  @Test
  void theJdksFamiliesHoldTheTwoMistakesOfCallers() {
    assertInstanceOf(IllegalArgumentException.class, new InvalidRequestException("x"));
    assertInstanceOf(IllegalStateException.class, new EngineClosedException("x"));
  }

  @Test
  void callsThrowThePublicType() {
    assertEquals(3, NativeStatus.call(() -> 3));
    assertThrows(
        CancelledException.class,
        () ->
            NativeStatus.run(
                () -> {
                  throw new NativeException(StatusCode.CANCELLED, "stopped");
                }));
  }
}
