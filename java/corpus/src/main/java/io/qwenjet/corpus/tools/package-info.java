// SPDX-License-Identifier: Apache-2.0
/** The family of tool calls: schemas, calls with copied arguments, answers from results. */
package io.qwenjet.corpus.tools;
