// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

/** Why something failed, for programs; {@link Throwable#getMessage()} says it to people. */
public enum ErrorCode {
  /** A value in the call is outside its contract; correct the call. */
  INVALID_ARGUMENT,
  /** A file or a tensor that was named is not there. */
  NOT_FOUND,
  /** A model file contradicts itself or its format; fetch or convert it again. */
  CORRUPT_MODEL,
  /** The input is valid but this build cannot compute it. */
  UNSUPPORTED,
  /** Host memory does not suffice; lower the context or the batch, or free memory. */
  OUT_OF_HOST_MEMORY,
  /** Device memory does not suffice; lower the context or choose a smaller model. */
  OUT_OF_DEVICE_MEMORY,
  /** The device refused an operation. */
  DEVICE_ERROR,
  /** The device no longer answers; the engine must be opened again. */
  DEVICE_LOST,
  /** The caller cancelled the work. */
  CANCELLED,
  /** The work did not end in the time it was given. */
  TIMEOUT,
  /** The sequence does not fit in the context. */
  CONTEXT_FULL,
  /** The object was closed before or during the call. */
  CLOSED,
  /** A defect in this library; report it with the message. */
  INTERNAL
}
