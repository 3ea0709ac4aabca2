// SPDX-License-Identifier: Apache-2.0
/** The commands of {@code ./qwenjet train}, and what they are made of: model, data and run together. */
package io.qwenjet.train.cli;
