// SPDX-License-Identifier: Apache-2.0
// What a fuzz target promises about accepted input; libFuzzer reports the input where it is broken.
#pragma once

#include <cstdlib>

inline void Require(bool holds) {
  if (!holds) std::abort();
}
