// SPDX-License-Identifier: Apache-2.0
/** The native library for the engine. The platform jar holds the library itself. */
module io.qwenjet.bindings {
  requires org.bytedeco.javacpp;
  requires org.slf4j;

  exports io.qwenjet.bindings to
      io.qwenjet.engine;
}
