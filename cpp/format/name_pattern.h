// SPDX-License-Identifier: Apache-2.0
// format: the regular expressions by which quantisation configurations name modules. Python's
// syntax without back references, look-behind, flags and possessive quantifiers; matched by
// simulating the automaton, since patterns come from files and a backtracking matcher (std::regex)
// takes exponential time or the whole stack on hostile ones.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace qwenjet::format {

// Immutable, hence thread-safe.
class NamePattern {
 public:
  // kUnsupported naming the pattern, and `where` it stands, for syntax that is not known here.
  static Result<NamePattern> Compile(std::string_view pattern, const std::string& where);

  // Whether the beginning of the name matches, as re.match does. False for names longer than
  // kMaxNameBytes.
  bool MatchesStart(std::string_view name) const;

  static constexpr size_t kMaxPatternBytes = 512;
  static constexpr size_t kMaxNameBytes = 512;

  enum class Op : uint8_t { kSet, kSplit, kJump, kBegin, kEnd, kWordEdge, kLook, kMatch };
  struct Step {
    Op op = Op::kMatch;
    bool negate = false;  // kWordEdge, kLook
    int32_t next = 0;     // kSplit, kJump: where to go; kLook: where to go on
    int32_t other = 0;    // kSplit: the second way; kSet: index of the set
  };
  struct Program {
    std::vector<Step> steps;  // a look-ahead's own steps follow it and end in kMatch
    std::vector<std::bitset<256>> sets;
  };

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace qwenjet::format
