// SPDX-License-Identifier: Apache-2.0
// Sums that are reported are taken in double.
package io.qwenjet.train.graph;

import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;

final class ScalarDouble {
  private ScalarDouble() {}

  static ScalarTypeOptional type() {
    return new ScalarTypeOptional(ScalarType.Double);
  }
}
