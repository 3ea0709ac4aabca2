// SPDX-License-Identifier: Apache-2.0
/**
 * Low-level access to a model: explicit steps, tensors, measurements. For the engine itself and for
 * the command line; not part of the public API.
 */
package io.qwenjet.engine.runtime;
