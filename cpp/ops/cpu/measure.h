// SPDX-License-Identifier: Apache-2.0
// cpu: the measured limits of this machine: what it reads from memory and what a path's products
// reach, with a number of threads. Benchmarks give their figures as shares of these.
#pragma once

#include <cstdint>

#include "base/cpu_features.h"
#include "base/dtype.h"
#include "base/status.h"

namespace qwenjet::ops::cpu {

// Bytes per second of the best of `repeat` reads of a block of `bytes` in huge pages.
Result<double> MeasureReadBandwidth(int num_threads, int64_t bytes, int repeat);
// FLOP per second of the path's product for a dtype; the best of several stretches of 50 ms.
Result<double> MeasureRate(Isa isa, DType dtype, int num_threads);
// Products and sums of bytes per second, as operator linear_quant multiplies them.
Result<double> MeasureInt8Rate(Isa isa, int num_threads);

}  // namespace qwenjet::ops::cpu
