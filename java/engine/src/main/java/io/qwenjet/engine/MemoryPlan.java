// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.engine;

/**
 * Bytes of memory that a model takes: as a plan before it is loaded, or as held by an open engine.
 *
 * @param weightsBytes weights in the layout that the kernels read
 * @param kvPageBytes one KV page over all layers, keys and values
 * @param kvPoolBytes the whole KV pool; committed page by page on first use
 * @param activationBytes buffers of the largest step
 * @param loadBytes needed while loading only
 * @param parameters elements of all weights, a tied head counted once
 * @param embeddingParameters elements of the embedding and of an untied head
 * @param availableBytes what the process may still use, by the machine and its cgroup
 */
public record MemoryPlan(
    long weightsBytes,
    long kvPageBytes,
    long kvPoolBytes,
    long activationBytes,
    long loadBytes,
    long parameters,
    long embeddingParameters,
    long availableBytes) {

  /** What stays held after loading when every KV page is in use. */
  public long totalBytes() {
    return weightsBytes + kvPoolBytes + activationBytes;
  }

  /** True when the whole plan, loading included, is no more than what is available. */
  public boolean fits() {
    return totalBytes() + loadBytes <= availableBytes;
  }
}
