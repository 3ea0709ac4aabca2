// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.qwenjet.bindings.capi.QwenjetC;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The Java list of codes against the library's own. */
class StatusCodeTest {
  @BeforeAll
  static void load() {
    NativeLibrary.load();
  }

  @Test
  void everyNativeCodeHasItsJavaConstant() {
    for (int number = 0; number < QwenjetC.qj_status_count(); number++) {
      StatusCode code = StatusCode.of(number);
      assertEquals(number, code.number());
      assertEquals(NativeLibrary.text(QwenjetC.qj_status_name(number)), code.nativeName());
      assertNotNull(NativeLibrary.text(QwenjetC.qj_status_meaning(number)));
    }
  }

  @Test
  void everyJavaConstantHasItsNativeCode() {
    assertEquals(QwenjetC.qj_status_count(), StatusCode.values().length);
    for (StatusCode code : StatusCode.values()) {
      assertEquals(
          code.nativeName(), NativeLibrary.text(QwenjetC.qj_status_name(code.number())));
    }
  }

  @Test
  void anUnknownNumberIsInternalAndKept() {
    for (int number : new int[] {-1, StatusCode.values().length, Integer.MAX_VALUE}) {
      assertEquals(StatusCode.INTERNAL, StatusCode.of(number));
      assertNull(NativeLibrary.text(QwenjetC.qj_status_name(number)));
      NativeException e = new NativeException(number, "said");
      assertEquals(StatusCode.INTERNAL, e.code());
      assertEquals(number, e.number());
    }
  }
}
