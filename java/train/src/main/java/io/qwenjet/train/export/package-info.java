// SPDX-License-Identifier: Apache-2.0
/** Trained weights to and from the published checkpoint layout. */
package io.qwenjet.train.export;
