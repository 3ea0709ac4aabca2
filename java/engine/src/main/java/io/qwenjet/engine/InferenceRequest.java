// SPDX-License-Identifier: Apache-2.0
// What an engine can be asked to generate.
package io.qwenjet.engine;

/** A request for text: a conversation or a bare prompt. Immutable; may be used many times. */
public sealed interface InferenceRequest permits ChatRequest, GenerationRequest {
  /**
   * Returns how tokens are chosen and when generation ends.
   *
   * @return never null
   */
  SamplingParameters sampling();

  /**
   * Returns the window policy of this request.
   *
   * @return null for the engine's
   */
  WindowPolicy window();
}
