// SPDX-License-Identifier: Apache-2.0
/** Speed and memory of a model, against what this machine was measured to have. */
package io.qwenjet.cli.bench;
