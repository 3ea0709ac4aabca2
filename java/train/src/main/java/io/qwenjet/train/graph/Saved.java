// SPDX-License-Identifier: Apache-2.0
// The tensors that one layer's forward pass keeps for its backward pass, whatever scopes close
// between them.
package io.qwenjet.train.graph;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

final class Saved implements AutoCloseable {
  private final List<Tensor> tensors = new ArrayList<>();

  Tensor keep(Tensor tensor) {
    tensors.add(Scope.own(tensor));
    return tensor;
  }

  @Override
  public void close() {
    tensors.forEach(Tensor::releaseReference);
    tensors.clear();
  }
}
