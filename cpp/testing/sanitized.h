// SPDX-License-Identifier: Apache-2.0
// testing: whether this is a sanitizer build, which runs some tests at a tenth of the speed: they
// leave out repetitions there, never a path.
#pragma once

namespace qwenjet::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace qwenjet::testing
