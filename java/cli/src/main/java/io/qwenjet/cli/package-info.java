// SPDX-License-Identifier: Apache-2.0
/** The commands of {@code ./qwenjet}. */
package io.qwenjet.cli;
