// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine.runtime;

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
import java.util.function.Supplier;

/** The one place where the native library's codes become the public exception types. */
final class NativeStatus {
  private NativeStatus() {}

  /** The public exception of a native one, to be thrown by the caller. */
  static RuntimeException toPublic(NativeException e) {
    String said = e.getMessage();
    return switch (e.code()) {
      case INVALID_ARGUMENT -> new InvalidRequestException(said, e);
      case NOT_FOUND -> new ModelFormatException(ErrorCode.NOT_FOUND, said, said, e);
      case CORRUPT_MODEL -> new ModelFormatException(said, said, e);
      case UNSUPPORTED -> new UnsupportedModelException(said, said, e);
      case OUT_OF_HOST_MEMORY -> new InsufficientMemoryException(said, null, said, e);
      case OUT_OF_DEVICE_MEMORY -> new DeviceMemoryException(said, said, e);
      case DEVICE_ERROR -> new DeviceException(said, said, e);
      case DEVICE_LOST -> new DeviceException(ErrorCode.DEVICE_LOST, said, said, e);
      case CANCELLED -> new CancelledException(said, said, e);
      case TIMEOUT -> new RequestTimeoutException(said, said, e);
      case CONTEXT_FULL -> new ContextFullException(said, said, e);
      case CLOSED -> new EngineClosedException(said, e);
      case OK, INTERNAL ->
          new InferenceException(ErrorCode.INTERNAL, internalMessage(e), said, e);
    };
  }

  /** Runs a call into the bindings; what it throws is public. */
  static <T> T call(Supplier<T> nativeCall) {
    try {
      return nativeCall.get();
    } catch (NativeException e) {
      throw toPublic(e);
    }
  }

  /** The same for a call without a result. */
  static void run(Runnable nativeCall) {
    try {
      nativeCall.run();
    } catch (NativeException e) {
      throw toPublic(e);
    }
  }

  private static String internalMessage(NativeException e) {
    return e.number() == StatusCode.INTERNAL.number()
        ? e.getMessage()
        : "native status " + e.number() + ", which this version does not know: " + e.getMessage();
  }
}
