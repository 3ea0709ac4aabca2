// SPDX-License-Identifier: Apache-2.0
// A PointerScope whose results can be handed to the scope around it. Temporaries die with the scope
// that made them: freed early, their memory is used again while it is still in the cache.
package io.qwenjet.train.graph;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** Frees every native object made by this thread inside it, save what is kept. */
public final class Scope implements AutoCloseable {
  private final PointerScope outer = PointerScope.getInnerScope();
  private final PointerScope inner = new PointerScope();

  /**
   * Hands an object to the scope around this one, or to the caller where there is none.
   *
   * @param <P> its type
   * @param pointer the object; not null
   * @return the same object
   */
  public <P extends Pointer> P keep(P pointer) {
    if (outer != null) {
      outer.attach(pointer);
    } else {
      pointer.retainReference();
    }
    return pointer;
  }

  /**
   * Takes an object out of every scope: it lives until {@link Pointer#releaseReference}.
   *
   * @param <P> its type
   * @param pointer the object; not null
   * @return the same object
   */
  public static <P extends Pointer> P own(P pointer) {
    pointer.retainReference();
    return pointer;
  }

  @Override
  public void close() {
    inner.close();
  }
}
