// SPDX-License-Identifier: Apache-2.0
/** Optimiser steps on flat buffers, and the choice of number types. */
package io.qwenjet.train.optim;
