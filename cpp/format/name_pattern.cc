// SPDX-License-Identifier: Apache-2.0
// A pattern is parsed to a tree, the tree unrolled to steps ({m,n} repeats its part), and all ways
// through the steps are followed at once, byte by byte.
#include "format/name_pattern.h"

#include <cctype>
#include <optional>

#include "base/check.h"

namespace qwenjet::format {
namespace {

using Op = NamePattern::Op;
using Program = NamePattern::Program;
using Step = NamePattern::Step;
using ByteSet = std::bitset<256>;

constexpr int kMaxGroups = 32;       // nested
constexpr int64_t kMaxSteps = 4096;  // of a program
constexpr int64_t kUnlimited = -1;

ByteSet Range(int from, int to) {
  ByteSet set;
  for (int c = from; c <= to; ++c) set.set(static_cast<size_t>(c));
  return set;
}

ByteSet WordBytes() {
  ByteSet set = Range('a', 'z') | Range('A', 'Z') | Range('0', '9');
  set.set('_');
  return set;
}

// The set of \d, \w, \s and their opposites.
std::optional<ByteSet> ClassOf(char letter) {
  ByteSet set;
  switch (std::tolower(static_cast<unsigned char>(letter))) {
    case 'd':
      set = Range('0', '9');
      break;
    case 'w':
      set = WordBytes();
      break;
    case 's':
      set = Range('\t', '\r');
      set.set(' ');
      break;
    default:
      return std::nullopt;
  }
  return std::isupper(static_cast<unsigned char>(letter)) != 0 ? ~set : set;
}

struct Node {
  enum class Kind { kSet, kSequence, kEither, kRepeat, kAssert, kLook };
  Kind kind = Kind::kSequence;
  ByteSet set;
  Op assertion = Op::kBegin;
  bool negate = false;
  int64_t min = 0, max = 0;  // kRepeat
  std::vector<Node> children;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  // Nothing where the pattern is not understood.
  std::optional<Node> Parse() {
    Node node;
    if (!Either(0, &node) || at_ != text_.size()) return std::nullopt;
    return node;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  bool Take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool Either(int depth, Node* node) {
    if (depth > kMaxGroups) return false;
    node->kind = Node::Kind::kEither;
    do {
      Node sequence;
      while (!AtEnd() && text_[at_] != '|' && text_[at_] != ')') {
        Node piece;
        if (!Atom(depth, &piece) || !Repeated(&piece)) return false;
        sequence.children.push_back(std::move(piece));
      }
      node->children.push_back(std::move(sequence));
    } while (Take("|"));
    return true;
  }

  bool Atom(int depth, Node* node) {
    if (Take("(")) return Group(depth, node);
    if (Take("[")) return Bracket(node);
    if (Take("^")) return Assertion(Op::kBegin, false, node);
    if (Take("$")) return Assertion(Op::kEnd, false, node);
    if (Take("\\")) return Escape(node);
    const char c = text_[at_++];
    if (c == '*' || c == '+' || c == '?' || c == '{') return false;
    node->kind = Node::Kind::kSet;
    if (c == '.') {
      node->set = ~Range('\n', '\n');
    } else {
      node->set.set(static_cast<unsigned char>(c));
    }
    return true;
  }

  bool Group(int depth, Node* node) {
    if (Take("?=") || Take("?!")) {
      node->kind = Node::Kind::kLook;
      node->negate = text_[at_ - 1] == '!';
      node->children.emplace_back();
      return Either(depth + 1, &node->children.back()) && Take(")");
    }
    if (Take("?P<")) {
      const size_t end = text_.find('>', at_);
      if (end == std::string_view::npos) return false;
      at_ = end + 1;
    } else if (!Take("?:") && text_.substr(at_).starts_with("?")) {
      return false;
    }
    return Either(depth + 1, node) && Take(")");
  }

  static bool Assertion(Op op, bool negate, Node* node) {
    node->kind = Node::Kind::kAssert;
    node->assertion = op;
    node->negate = negate;
    return true;
  }

  bool Escape(Node* node) {
    if (AtEnd()) return false;
    const char c = text_[at_++];
    if (c == 'A') return Assertion(Op::kBegin, false, node);
    if (c == 'Z') return Assertion(Op::kEnd, false, node);
    if (c == 'b' || c == 'B') return Assertion(Op::kWordEdge, c == 'B', node);
    node->kind = Node::Kind::kSet;
    if (const auto set = ClassOf(c)) {
      node->set = *set;
      return true;
    }
    node->set.set(static_cast<unsigned char>(c));
    return std::isalnum(static_cast<unsigned char>(c)) == 0;
  }

  // One byte of a bracket expression, or a class of them (then *byte is -1).
  bool BracketItem(ByteSet* set, int* byte) {
    if (AtEnd()) return false;
    const char c = text_[at_++];
    *byte = static_cast<unsigned char>(c);
    if (c != '\\') return true;
    if (AtEnd()) return false;
    const char escaped = text_[at_++];
    *byte = static_cast<unsigned char>(escaped);
    if (const auto named = ClassOf(escaped)) {
      *set |= *named;
      *byte = -1;
      return true;
    }
    return std::isalnum(static_cast<unsigned char>(escaped)) == 0;
  }

  bool Bracket(Node* node) {
    node->kind = Node::Kind::kSet;
    const bool negated = Take("^");
    bool first = true;
    while (first || !Take("]")) {
      first = false;
      int from = 0, to = 0;
      if (!BracketItem(&node->set, &from)) return false;
      if (from < 0) continue;
      to = from;
      const std::string_view rest = text_.substr(at_);
      if (rest.size() >= 2 && rest[0] == '-' && rest[1] != ']') {
        ++at_;
        if (!BracketItem(&node->set, &to) || to < from) return false;
      }
      node->set |= Range(from, to);
    }
    if (negated) node->set = ~node->set;
    return true;
  }

  bool Repeated(Node* node) {
    int64_t min = 0, max = kUnlimited;
    if (Take("+")) {
      min = 1;
    } else if (Take("?")) {
      max = 1;
    } else if (Take("{")) {
      if (!Number(&min)) return false;
      max = min;
      if (Take(",") && !Number(&max)) max = kUnlimited;
      if (!Take("}") || (max != kUnlimited && max < min)) return false;
    } else if (!Take("*")) {
      return true;
    }
    Take("?");  // lazy: the same answer
    Node repeat;
    repeat.kind = Node::Kind::kRepeat;
    repeat.min = min;
    repeat.max = max;
    repeat.children.push_back(std::move(*node));
    *node = std::move(repeat);
    return AtEnd() || (text_[at_] != '*' && text_[at_] != '+' && text_[at_] != '?');
  }

  bool Number(int64_t* number) {
    const size_t begin = at_;
    *number = 0;
    while (!AtEnd() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      *number = *number * 10 + (text_[at_++] - '0');
      if (*number > kMaxSteps) return false;
    }
    return at_ > begin;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Unrolls a tree; false when that becomes too long.
class Emitter {
 public:
  explicit Emitter(Program* program) : program_(*program) {}

  bool Emit(const Node& node) {
    // Nested repetitions of nothing add no steps.
    if (++num_visits_ > 4 * kMaxSteps) return false;
    switch (node.kind) {
      case Node::Kind::kSet:
        program_.sets.push_back(node.set);
        return Add({.op = Op::kSet, .other = static_cast<int32_t>(program_.sets.size()) - 1});
      case Node::Kind::kAssert:
        return Add({.op = node.assertion, .negate = node.negate});
      case Node::Kind::kSequence:
        for (const Node& child : node.children) {
          if (!Emit(child)) return false;
        }
        return true;
      case Node::Kind::kEither:
        return EmitEither(node);
      case Node::Kind::kRepeat:
        return EmitRepeat(node);
      case Node::Kind::kLook: {
        const size_t look = program_.steps.size();
        if (!Add({.op = Op::kLook, .negate = node.negate})) return false;
        if (!Emit(node.children[0]) || !Add({.op = Op::kMatch})) return false;
        program_.steps[look].next = Here();
        return true;
      }
    }
    return false;
  }

  bool Add(Step step) {
    if (static_cast<int64_t>(program_.steps.size()) >= kMaxSteps) return false;
    program_.steps.push_back(step);
    return true;
  }

 private:
  int32_t Here() const { return static_cast<int32_t>(program_.steps.size()); }

  bool EmitEither(const Node& node) {
    std::vector<size_t> jumps;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const bool last = i + 1 == node.children.size();
      const size_t split = program_.steps.size();
      if (!last && !Add({.op = Op::kSplit, .next = Here() + 1})) return false;
      if (!Emit(node.children[i])) return false;
      if (last) continue;
      jumps.push_back(program_.steps.size());
      if (!Add({.op = Op::kJump})) return false;
      program_.steps[split].other = Here();
    }
    for (const size_t jump : jumps) program_.steps[jump].next = Here();
    return true;
  }

  bool EmitRepeat(const Node& node) {
    for (int64_t i = 0; i < node.min; ++i) {
      if (!Emit(node.children[0])) return false;
    }
    if (node.max == kUnlimited) {
      const size_t split = program_.steps.size();
      if (!Add({.op = Op::kSplit, .next = Here() + 1})) return false;
      if (!Emit(node.children[0])) return false;
      if (!Add({.op = Op::kJump, .next = static_cast<int32_t>(split)})) return false;
      program_.steps[split].other = Here();
      return true;
    }
    std::vector<size_t> splits;
    for (int64_t i = node.min; i < node.max; ++i) {
      splits.push_back(program_.steps.size());
      if (!Add({.op = Op::kSplit, .next = Here() + 1})) return false;
      if (!Emit(node.children[0])) return false;
    }
    for (const size_t split : splits) program_.steps[split].other = Here();
    return true;
  }

  Program& program_;
  int64_t num_visits_ = 0;
};

// All ways through the steps at once.
class Matcher {
 public:
  Matcher(const Program& program, std::string_view name) : program_(program), name_(name) {}

  // Whether a stretch of the name from `begin` on matches the steps from `step` on.
  bool Run(int32_t step, size_t begin) const {
    std::vector<int32_t> now, next;
    std::vector<bool> seen(program_.steps.size());
    if (Follow(step, begin, seen, &now)) return true;
    for (size_t at = begin; at < name_.size() && !now.empty(); ++at) {
      next.clear();
      seen.assign(seen.size(), false);
      for (const int32_t set_step : now) {
        const Step& s = program_.steps[static_cast<size_t>(set_step)];
        const ByteSet& set = program_.sets[static_cast<size_t>(s.other)];
        if (!set.test(static_cast<unsigned char>(name_[at]))) continue;
        if (Follow(set_step + 1, at + 1, seen, &next)) return true;
      }
      now.swap(next);
    }
    return false;
  }

 private:
  // Adds the sets that can be reached without reading a byte; true if the end can.
  bool Follow(int32_t first, size_t at, std::vector<bool>& seen, std::vector<int32_t>* sets) const {
    std::vector<int32_t> open = {first};
    while (!open.empty()) {
      const int32_t i = open.back();
      open.pop_back();
      if (seen[static_cast<size_t>(i)]) continue;
      seen[static_cast<size_t>(i)] = true;
      const Step& step = program_.steps[static_cast<size_t>(i)];
      switch (step.op) {
        case Op::kMatch:
          return true;
        case Op::kSet:
          sets->push_back(i);
          break;
        case Op::kSplit:
          open.push_back(step.other);
          open.push_back(step.next);
          break;
        case Op::kJump:
          open.push_back(step.next);
          break;
        case Op::kBegin:
          if (at == 0) open.push_back(i + 1);
          break;
        case Op::kEnd:
          if (at == name_.size()) open.push_back(i + 1);
          break;
        case Op::kWordEdge:
          if (IsWordEdge(at) != step.negate) open.push_back(i + 1);
          break;
        case Op::kLook:
          if (Run(i + 1, at) != step.negate) open.push_back(step.next);
          break;
      }
    }
    return false;
  }

  bool IsWordEdge(size_t at) const {
    static const ByteSet word = WordBytes();
    const bool before = at > 0 && word.test(static_cast<unsigned char>(name_[at - 1]));
    const bool after = at < name_.size() && word.test(static_cast<unsigned char>(name_[at]));
    return before != after;
  }

  const Program& program_;
  std::string_view name_;
};

bool HasNestedLook(const Node& node, bool inside) {
  if (node.kind == Node::Kind::kLook && inside) return true;
  for (const Node& child : node.children) {
    if (HasNestedLook(child, inside || node.kind == Node::Kind::kLook)) return true;
  }
  return false;
}

}  // namespace

Result<NamePattern> NamePattern::Compile(std::string_view pattern, const std::string& where) {
  auto program = std::make_shared<Program>();
  if (pattern.size() <= kMaxPatternBytes) {
    const std::optional<Node> tree = Parser(pattern).Parse();
    Emitter emitter(program.get());
    // Look-aheads within look-aheads would multiply the time that matching takes.
    if (tree && !HasNestedLook(*tree, false) && emitter.Emit(*tree) &&
        emitter.Add({.op = Op::kMatch})) {
      NamePattern compiled;
      compiled.program_ = std::move(program);
      return compiled;
    }
  }
  return Error(StatusCode::kUnsupported, where, ": the regular expression \"",
               pattern.substr(0, kMaxPatternBytes), "\" cannot be read by this build");
}

bool NamePattern::MatchesStart(std::string_view name) const {
  return program_ != nullptr && name.size() <= kMaxNameBytes && Matcher(*program_, name).Run(0, 0);
}

}  // namespace qwenjet::format
