// SPDX-License-Identifier: Apache-2.0
/** What the quantize command reads and writes beside the weights: text, folders, reports. */
package io.qwenjet.cli.quantize;
