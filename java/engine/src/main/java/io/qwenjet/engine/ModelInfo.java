// SPDX-License-Identifier: Apache-2.0
// What an engine runs, for reports.
package io.qwenjet.engine;

import java.nio.file.Path;

/**
 * What an engine runs and how.
 *
 * @param path the checkpoint folder or file; for the embedded model its name
 * @param architecture the model type of its configuration, for example "qwen3"
 * @param vocabSize rows of logits
 * @param numLayers decoder layers
 * @param hiddenSize width of the residual stream
 * @param contextLength the most tokens that prompt and answer may have together in this engine
 * @param modelContextLength the most that the model is made for
 * @param compute the number type
 * @param kvCache what the KV cache holds
 * @param isa the instruction-set path that was chosen
 * @param threads compute threads
 * @param memory bytes as planned, with what is held for weights
 * @param loadS seconds that opening took
 */
public record ModelInfo(
    Path path,
    String architecture,
    int vocabSize,
    int numLayers,
    int hiddenSize,
    int contextLength,
    int modelContextLength,
    Compute compute,
    KvCache kvCache,
    Isa isa,
    int threads,
    MemoryPlan memory,
    double loadS) {}
