// SPDX-License-Identifier: Apache-2.0
// What a model takes of memory and what there is, before anything is loaded.
package io.qwenjet.engine;

import java.util.Locale;

/**
 * What opening a model takes of host memory, against what this process may use (container limits
 * count; page cache that can be given back does not count against it).
 *
 * @param weightsBytes weights as they are held: quantised ones stay quantised
 * @param kvPoolBytes the whole KV pool; committed as pages are first used
 * @param activationBytes buffers of a step
 * @param loadBytes needed while loading only
 * @param availableBytes what is free for this process
 * @param kvBytesPerToken KV of one token over all layers
 * @param contextLength tokens of the KV pool: the longest prompt and answer together
 * @param modelContextLength the most that the model is made for
 * @param parameters elements of all weights
 * @param embeddingParameters elements of the embedding and of an untied head
 * @param embeddingBytes the same as held
 * @param headBytes the head as held, which may be the embedding
 * @param quantizedParameters elements that are held quantised
 */
public record MemoryPlan(
    long weightsBytes,
    long kvPoolBytes,
    long activationBytes,
    long loadBytes,
    long availableBytes,
    long kvBytesPerToken,
    int contextLength,
    int modelContextLength,
    long parameters,
    long embeddingParameters,
    long embeddingBytes,
    long headBytes,
    long quantizedParameters) {
  /**
   * Returns how many bits a parameter takes.
   *
   * @return bits of the weights as held, scales and padding included, over all parameters
   */
  public double bitsPerWeight() {
    return 8.0 * weightsBytes / parameters;
  }

  /**
   * Returns what the running model takes in all.
   *
   * @return weights, KV pool and activations in bytes
   */
  public long totalBytes() {
    return weightsBytes + kvPoolBytes + activationBytes;
  }

  /**
   * Says whether it fits.
   *
   * @return true if the total, and the loading, are within what is available and at least one page
   *     of KV is left
   */
  public boolean fits() {
    return totalBytes() <= availableBytes
        && weightsBytes + loadBytes <= availableBytes
        && contextLength > 0;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "weights %s + KV %s (%,d tokens of context) + activations %s = %s of %s available%s",
        gib(weightsBytes),
        gib(kvPoolBytes),
        contextLength,
        gib(activationBytes),
        gib(totalBytes()),
        gib(availableBytes),
        fits() ? "" : ": does not fit");
  }

  private static String gib(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
        : String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
  }
}
