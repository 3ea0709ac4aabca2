// SPDX-License-Identifier: Apache-2.0
/**
 * Typed parsing of what a model wrote, piece by piece: stop strings, then reasoning, then tool calls.
 *
 * <p>{@link io.qwenjet.engine.output.OutputParser} runs the three in that order; each also stands alone. However the
 * text is cut into pieces, the parts joined together are the same.
 */
package io.qwenjet.engine.output;
