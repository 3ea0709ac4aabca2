// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

/**
 * Why a native call failed; number and name are those of the C API. A test compares this list with
 * the library's in both directions.
 */
public enum StatusCode {
  /** The call did what it was asked. */
  OK(0, "kOk"),
  /** An argument is outside its contract. */
  INVALID_ARGUMENT(1, "kInvalidArgument"),
  /** A file or a tensor that was named is not there. */
  NOT_FOUND(2, "kNotFound"),
  /** A model file contradicts itself or its format. */
  CORRUPT_MODEL(3, "kCorruptModel"),
  /** The input is valid but this build cannot compute it. */
  UNSUPPORTED(4, "kUnsupported"),
  /** Host memory ran out. */
  OUT_OF_HOST_MEMORY(5, "kOutOfHostMemory"),
  /** Device memory ran out. */
  OUT_OF_DEVICE_MEMORY(6, "kOutOfDeviceMemory"),
  /** The device refused an operation. */
  DEVICE_ERROR(7, "kDeviceError"),
  /** The device no longer answers. */
  DEVICE_LOST(8, "kDeviceLost"),
  /** The caller cancelled the work. */
  CANCELLED(9, "kCancelled"),
  /** The work did not end in the time it was given. */
  TIMEOUT(10, "kTimeout"),
  /** The sequence does not fit in the context. */
  CONTEXT_FULL(11, "kContextFull"),
  /** The object was closed before or during the call. */
  CLOSED(12, "kClosed"),
  /** A defect in the library, or a number that this version does not know. */
  INTERNAL(13, "kInternal");

  private static final StatusCode[] BY_NUMBER = values();

  private final int number;
  private final String nativeName;

  StatusCode(int number, String nativeName) {
    this.number = number;
    this.nativeName = nativeName;
  }

  /** The number in the C API. */
  public int number() {
    return number;
  }

  /** The name in the C API, such as {@code kCorruptModel}. */
  public String nativeName() {
    return nativeName;
  }

  /** The code of a number; {@link #INTERNAL} for a number outside the list. */
  public static StatusCode of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : INTERNAL;
  }
}
