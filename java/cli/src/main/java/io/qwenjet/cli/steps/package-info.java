// SPDX-License-Identifier: Apache-2.0
/** Models driven step by step, below the engine: for measuring and for comparing with references. */
package io.qwenjet.cli.steps;
