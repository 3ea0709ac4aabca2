// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import io.qwenjet.bindings.capi.QwenjetC;
import io.qwenjet.bindings.capi.qj_memory_plan;
import io.qwenjet.bindings.capi.qj_model;

/**
 * A loaded model. One thread at a time runs steps and reads their rows; {@link #cancel} and {@link
 * #close} may be called from any thread. A close during a step takes effect when the step has
 * returned, so cancel first.
 *
 * <p>Every method but close throws {@link NativeException}: the library's code, or CLOSED.
 */
public final class NativeModel implements AutoCloseable {
  private final NativeHandle<qj_model> handle;

  NativeModel(qj_model model) {
    handle = new NativeHandle<>("model", model, QwenjetC::qj_model_close);
  }

  /** Runs one step over what {@code buffers} holds; results are in the buffers afterwards. */
  public void step(StepBuffers buffers) {
    handle.use(
        model -> {
          NativeLibrary.check(
              QwenjetC.qj_model_step(model, buffers.nativeStep(), buffers.nativeResult()));
          return null;
        });
  }

  /** Copies a whole row of the last step's logits, raw or processed, to {@code logits}. */
  public void row(int row, boolean processed, float[] logits) {
    handle.use(
        model -> {
          NativeLibrary.check(
              QwenjetC.qj_model_row(model, row, processed ? 1 : 0, logits, logits.length));
          return null;
        });
  }

  /** Copies the final-norm output of one token of the last step to {@code hidden}. */
  public void hidden(int tokenIndex, float[] hidden) {
    handle.use(
        model -> {
          NativeLibrary.check(
              QwenjetC.qj_model_hidden(model, tokenIndex, hidden, hidden.length));
          return null;
        });
  }

  /** Copies a KV page of every layer. */
  public void copyPage(int fromPage, int toPage) {
    handle.use(
        model -> {
          NativeLibrary.check(QwenjetC.qj_model_copy_page(model, fromPage, toPage));
          return null;
        });
  }

  /** What the model holds. */
  public MemoryFigures memory() {
    return handle.use(
        model -> {
          try (qj_memory_plan held = new qj_memory_plan()) {
            NativeLibrary.check(QwenjetC.qj_model_memory(model, held));
            return MemoryFigures.of(held);
          }
        });
  }

  /** The number of the instruction-set path that was chosen; see {@link Processor}. */
  public int isa() {
    return handle.use(QwenjetC::qj_model_isa);
  }

  /** Makes the running step and every later one end with CANCELLED. No effect once closed. */
  public void cancel() {
    if (handle.isClosed()) {
      return;
    }
    try {
      handle.use(
          model -> {
            QwenjetC.qj_model_cancel(model);
            return null;
          });
    } catch (NativeException e) {
      // Closed since the check: there is nothing left to cancel.
      if (e.code() != StatusCode.CLOSED) {
        throw e;
      }
    }
  }

  /** True once {@link #close} was called. */
  public boolean isClosed() {
    return handle.isClosed();
  }

  @Override
  public void close() {
    handle.close();
  }
}
