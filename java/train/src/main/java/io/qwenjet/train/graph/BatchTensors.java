// SPDX-License-Identifier: Apache-2.0
// A batch as tensors: token ids, rotary tables by position, the attention mask, and the places that
// have a loss.
package io.qwenjet.train.graph;

import io.qwenjet.train.data.TokenBatch;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Lives in the scope that is open when it is made. */
@SuppressWarnings("try") // A scope acts by being open.
final class BatchTensors {
  final int rows;
  final int length;
  final int size;

  /** [T] token ids. */
  final Tensor tokens;

  /** [T, 1, D/2] cosines and sines. */
  final Tensor cos;

  final Tensor sin;

  /** Added to the scores: [L, L] where plain causal attention is enough, else [B, L, L]. */
  final Tensor mask;

  /** [R] places with a loss, their targets and weights; R may be 0. */
  final Tensor places;

  final Tensor targets;
  final Tensor weights;

  /** [T, 1] 1 at tokens, 0 at padding. */
  final Tensor real;

  final int numTargets;
  final int numTokens;

  BatchTensors(TokenBatch batch, Tensor rotaryCos, Tensor rotarySin, ScalarType type, ScalarType computeType) {
    rows = batch.rows();
    length = batch.length();
    size = batch.size();
    numTargets = batch.numTargets();
    numTokens = batch.numTokens();
    long[] places = new long[numTargets];
    long[] targets = new long[numTargets];
    float[] weights = new float[numTargets];
    float[] real = new float[size];
    for (int i = 0, next = 0; i < size; i++) {
      real[i] = batch.segments()[i] >= 0 ? 1 : 0;
      if (batch.weights()[i] != 0) {
        places[next] = i;
        targets[next] = batch.targets()[i];
        weights[next++] = batch.weights()[i];
      }
    }
    tokens = indices(widen(batch.tokens()));
    this.places = indices(places);
    this.targets = indices(targets);
    this.weights = floats(weights, type);
    this.real = floats(real, type).view(size, 1);
    Tensor positions = indices(widen(batch.positions()));
    cos = rotaryCos.index_select(0, positions).unsqueeze(1);
    sin = rotarySin.index_select(0, positions).unsqueeze(1);
    mask = mask(batch, computeType);
  }

  private static Tensor mask(TokenBatch batch, ScalarType type) {
    int length = batch.length();
    try (Scope scope = new Scope()) {
      Tensor later = torch.full(new long[] {length, length}, new Scalar(Double.NEGATIVE_INFINITY)).triu(1);
      if (batch.singleSegmentRows()) {
        return scope.keep(later.to(type));
      }
      Tensor segments = indices(widen(batch.segments())).view(batch.rows(), length);
      Tensor other = segments.unsqueeze(2).ne(segments.unsqueeze(1));
      Tensor mask = later.unsqueeze(0).repeat(batch.rows(), 1, 1);
      return scope.keep(mask.masked_fill_(other, new Scalar(Double.NEGATIVE_INFINITY)).to(type));
    }
  }

  static Tensor indices(long[] values) {
    TensorOptions options = new TensorOptions().dtype(new ScalarTypeOptional(ScalarType.Long));
    Tensor tensor = torch.zeros(new long[] {values.length}, options);
    if (values.length > 0) {
      new LongPointer(tensor.data_ptr()).put(values);
    }
    return tensor;
  }

  static Tensor floats(float[] values, ScalarType type) {
    Tensor tensor = torch.zeros(values.length);
    if (values.length > 0) {
      new FloatPointer(tensor.data_ptr()).put(values);
    }
    return tensor.to(type);
  }

  private static long[] widen(int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
