// SPDX-License-Identifier: Apache-2.0
// The oracle: one sequence through a Qwen3 model, dense or sparse, in double and straight from the
// formulas, sharing nothing with the graph but the weights. With rounding on, every result is rounded
// to bfloat16 where the reference implementation holds one: a plain bfloat16 run to measure against.
package io.qwenjet.train.export;

import io.qwenjet.train.graph.ModelShape;
import io.qwenjet.train.graph.MoeShape;
import io.qwenjet.train.graph.Parameters;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

final class ReferenceDecoder {
  private final ModelShape shape;
  private final Map<String, float[]> weights = new HashMap<>();
  private final boolean rounding;

  ReferenceDecoder(Parameters parameters, boolean rounding) {
    shape = parameters.shape();
    this.rounding = rounding;
    for (String name : parameters.names()) {
      weights.put(name, parameters.read(name));
    }
  }

  /** Logits of every position. */
  double[][] logits(int[] tokens) {
    int length = tokens.length;
    int hidden = shape.hiddenSize();
    double[][] x = new double[length][hidden];
    float[] embedding = weights.get("model.embed_tokens.weight");
    for (int t = 0; t < length; t++) {
      for (int i = 0; i < hidden; i++) {
        x[t][i] = embedding[tokens[t] * hidden + i];
      }
    }
    for (int layer = 0; layer < shape.numHiddenLayers(); layer++) {
      String name = "model.layers." + layer + ".";
      double[][] attended = attention(name, norm(x, name + "input_layernorm.weight"));
      add(x, attended);
      double[][] h = norm(x, name + "post_attention_layernorm.weight");
      double[][] mlp = new double[length][];
      for (int t = 0; t < length; t++) {
        mlp[t] = shape.sparse(layer) ? experts(name + "mlp.", h[t]) : swiGlu(name + "mlp.", h[t]);
      }
      add(x, mlp);
    }
    String head = shape.tieWordEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    double[][] h = norm(x, "model.norm.weight");
    double[][] logits = new double[length][];
    for (int t = 0; t < length; t++) {
      logits[t] = linear(head, h[t]);
    }
    return logits;
  }

  private double[][] attention(String name, double[][] h) {
    int length = h.length;
    int dim = shape.headDim();
    int group = shape.numAttentionHeads() / shape.numKeyValueHeads();
    double[][] q = new double[length][];
    double[][] k = new double[length][];
    double[][] v = new double[length][];
    for (int t = 0; t < length; t++) {
      q[t] = heads(linear(name + "self_attn.q_proj.weight", h[t]), name + "self_attn.q_norm.weight", t);
      k[t] = heads(linear(name + "self_attn.k_proj.weight", h[t]), name + "self_attn.k_norm.weight", t);
      v[t] = linear(name + "self_attn.v_proj.weight", h[t]);
    }
    double[][] y = new double[length][];
    for (int t = 0; t < length; t++) {
      double[] mixed = new double[shape.numAttentionHeads() * dim];
      for (int head = 0; head < shape.numAttentionHeads(); head++) {
        int from = head / group * dim;
        double[] scores = new double[t + 1];
        for (int s = 0; s <= t; s++) {
          double dot = 0;
          for (int d = 0; d < dim; d++) {
            dot += q[t][head * dim + d] * k[s][from + d];
          }
          scores[s] = round(round(dot) / Math.sqrt(dim));
        }
        softmax(scores);
        for (int d = 0; d < dim; d++) {
          double sum = 0;
          for (int s = 0; s <= t; s++) {
            sum += round(scores[s]) * v[s][from + d];
          }
          mixed[head * dim + d] = round(sum);
        }
      }
      y[t] = linear(name + "self_attn.o_proj.weight", mixed);
    }
    return y;
  }

  /** Norms each head and rotates it by its position. */
  private double[] heads(double[] x, String norm, int position) {
    int dim = shape.headDim();
    int half = dim / 2;
    double[] out = new double[x.length];
    for (int at = 0; at < x.length; at += dim) {
      double[] head = new double[dim];
      System.arraycopy(x, at, head, 0, dim);
      head = norm(head, norm);
      for (int j = 0; j < half; j++) {
        float angle = position * (float) Math.pow(shape.ropeTheta(), -2.0 * j / dim);
        double cos = round(Math.cos(angle));
        double sin = round(Math.sin(angle));
        out[at + j] = round(round(head[j] * cos) - round(head[j + half] * sin));
        out[at + j + half] = round(round(head[j + half] * cos) + round(head[j] * sin));
      }
    }
    return out;
  }

  private double[] swiGlu(String name, double[] h) {
    double[] gate = linear(name + "gate_proj.weight", h);
    double[] up = linear(name + "up_proj.weight", h);
    for (int i = 0; i < gate.length; i++) {
      gate[i] = round(round(gate[i] / (1 + Math.exp(-gate[i]))) * up[i]);
    }
    return linear(name + "down_proj.weight", gate);
  }

  private double[] experts(String name, double[] h) {
    MoeShape moe = shape.moe().orElseThrow();
    double[] p = linear(name + "gate.weight", h);
    softmax(p);
    int[] best =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer e) -> -p[e]))
            .limit(moe.numExpertsPerTok())
            .mapToInt(Integer::intValue)
            .toArray();
    double sum = moe.normTopkProb() ? IntStream.of(best).mapToDouble(e -> p[e]).sum() : 1;
    double[] y = new double[h.length];
    for (int expert : best) {
      double[] out = swiGlu(name + "experts." + expert + ".", h);
      for (int i = 0; i < y.length; i++) {
        y[i] = round(y[i] + round(out[i] * round(p[expert] / sum)));
      }
    }
    return y;
  }

  private double[][] norm(double[][] x, String name) {
    double[][] out = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      out[t] = norm(x[t], name);
    }
    return out;
  }

  private double[] norm(double[] x, String name) {
    float[] weight = weights.get(name);
    double sum = 0;
    for (double value : x) {
      sum += value * value;
    }
    double scale = 1 / Math.sqrt(sum / x.length + shape.rmsNormEps());
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = round(round(x[i] * scale) * weight[i]);
    }
    return out;
  }

  private double[] linear(String name, double[] x) {
    float[] weight = weights.get(name);
    double[] out = new double[weight.length / x.length];
    for (int row = 0; row < out.length; row++) {
      double sum = 0;
      for (int i = 0; i < x.length; i++) {
        sum += weight[row * x.length + i] * x[i];
      }
      out[row] = round(sum);
    }
    return out;
  }

  private void add(double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] = round(x[t][i] + y[t][i]);
      }
    }
  }

  private static void softmax(double[] x) {
    double largest = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      largest = Math.max(largest, value);
    }
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.exp(x[i] - largest);
      sum += x[i];
    }
    for (int i = 0; i < x.length; i++) {
      x[i] /= sum;
    }
  }

  private double round(double value) {
    return rounding ? Bfloat16.toFloat(Bfloat16.of((float) value)) : value;
  }
}
