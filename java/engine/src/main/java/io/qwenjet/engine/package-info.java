// SPDX-License-Identifier: Apache-2.0
/** The public API: opens a model and generates text with it. */
package io.qwenjet.engine;
