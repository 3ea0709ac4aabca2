// SPDX-License-Identifier: Apache-2.0
/** A deterministic generator of training text for small models. */
package io.qwenjet.corpus;
