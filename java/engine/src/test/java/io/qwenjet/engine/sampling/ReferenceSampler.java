// SPDX-License-Identifier: Apache-2.0
// The oracle of sampling: the specification's steps over a whole row in double precision, without
// sparse changes, candidates or shortcuts.
package io.qwenjet.engine.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class ReferenceSampler {
  double temperature;
  double topP = 1;
  int topK;
  double minP;
  double repetition = 1;
  double presence;
  double frequency;
  Map<Integer, Double> bias = Map.of();
  Set<Integer> allowed;
  int[][] badWords = {};
  Set<Integer> heldBack = Set.of();
  int minTokens;

  /** How far the draw was from the nearest border between two outcomes, as probability. */
  double margin;

  /** The row after every change, divided by the temperature. */
  double[] process(float[] row, int[] prompt, List<Integer> output) {
    double[] l = new double[row.length];
    for (int t = 0; t < l.length; t++) {
      l[t] = row[t];
      if (allowed != null && !allowed.contains(t)) {
        l[t] = Double.NEGATIVE_INFINITY;
      }
    }
    for (int[] word : badWords) {
      int n = word.length - 1;
      if (output.size() >= n) {
        List<Integer> tail = output.subList(output.size() - n, output.size());
        List<Integer> begun = Arrays.stream(word, 0, n).boxed().toList();
        if (tail.equals(begun)) {
          l[word[n]] = Double.NEGATIVE_INFINITY;
        }
      }
    }
    if (output.size() < minTokens) {
      heldBack.forEach(t -> l[t] = Double.NEGATIVE_INFINITY);
    }
    bias.forEach((t, b) -> l[t] += b);
    Set<Integer> context = new HashSet<>(output);
    Arrays.stream(prompt).forEach(context::add);
    for (int t : context) {
      l[t] = l[t] > 0 ? l[t] / repetition : l[t] * repetition;
    }
    for (int t : new HashSet<>(output)) {
      long count = output.stream().filter(o -> o == t).count();
      l[t] -= frequency * count + presence;
    }
    if (temperature >= 1e-5) {
      for (int t = 0; t < l.length; t++) {
        l[t] /= Math.max(temperature, 0.01);
      }
    }
    return l;
  }

  /** The tokens that min_p, top_k and top_p leave, best first, from a processed row. */
  List<Integer> kept(double[] l) {
    List<Integer> ids = new ArrayList<>();
    for (int t = 0; t < l.length; t++) {
      if (l[t] != Double.NEGATIVE_INFINITY) {
        ids.add(t);
      }
    }
    ids.sort(Comparator.<Integer>comparingDouble(t -> -l[t]).thenComparing(t -> t));
    double[] p = softmax(l, ids);
    double most = p[argmax(l)];
    ids.removeIf(t -> p[t] < minP * most);
    if (topK > 0 && topK < ids.size()) {
      double threshold = l[ids.get(topK - 1)];
      ids.removeIf(t -> l[t] < threshold);
    }
    if (topP < 1) {
      double[] q = softmax(l, ids);
      double ascending = 0;
      for (int i = ids.size() - 1; i > 0; i--) {
        ascending += q[ids.get(i)];
        margin = Math.min(margin, Math.abs(ascending - (1 - topP)));
        if (ascending > 1 - topP) {
          break;
        }
        ids.remove(i);
      }
    }
    return ids;
  }

  int sample(float[] row, int[] prompt, List<Integer> output, double u) {
    margin = 1;
    double[] l = process(row, prompt, output);
    if (temperature < 1e-5) {
      return argmax(l);
    }
    List<Integer> ids = kept(l);
    double[] p = softmax(l, ids);
    double sum = 0;
    for (int t : ids) {
      sum += p[t];
      margin = Math.min(margin, Math.abs(sum - u));
      if (sum > u) {
        return t;
      }
    }
    return ids.get(ids.size() - 1);
  }

  static int argmax(double[] l) {
    int best = 0;
    for (int t = 1; t < l.length; t++) {
      if (l[t] > l[best]) {
        best = t;
      }
    }
    return best;
  }

  private static double[] softmax(double[] l, List<Integer> ids) {
    double[] p = new double[l.length];
    double max = l[argmax(l)];
    double sum = 0;
    for (int t : ids) {
      p[t] = Math.exp(l[t] - max);
      sum += p[t];
    }
    for (int t : ids) {
      p[t] /= sum;
    }
    return p;
  }
}
