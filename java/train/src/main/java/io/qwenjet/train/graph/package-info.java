// SPDX-License-Identifier: Apache-2.0
/**
 * The Qwen3 graph, dense and mixture of experts, with its gradient. Both directions are written out
 * as libtorch operations on flat buffers; nothing is recorded by autograd. Not thread-safe: one
 * thread uses a graph and its parameters at a time.
 */
package io.qwenjet.train.graph;
