// SPDX-License-Identifier: Apache-2.0
// testing: where reference material that is too large for this tree lies. Tests that need it are
// skipped where there is none, and fail where it is there without what they need.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace qwenjet::testing {

// QWENJET_SHARED, or a folder `shared` beside the checkout: looked for upwards from the working
// directory. Nothing where there is none.
inline std::optional<std::filesystem::path> SharedFolder() {
  namespace fs = std::filesystem;
  if (const char* named = std::getenv("QWENJET_SHARED"); named != nullptr) return fs::path(named);
  std::error_code error;
  for (fs::path at = fs::current_path(error); at.has_relative_path(); at = at.parent_path()) {
    const fs::path shared = at.parent_path() / "shared";
    if (fs::is_directory(shared / "conformance", error)) return shared;
  }
  return std::nullopt;
}

}  // namespace qwenjet::testing
