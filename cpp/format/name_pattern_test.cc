// SPDX-License-Identifier: Apache-2.0
#include "format/name_pattern.h"

#include <gtest/gtest.h>

namespace qwenjet::format {
namespace {

bool Matches(const std::string& pattern, const std::string& name) {
  const auto compiled = NamePattern::Compile(pattern, "test");
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return compiled.ok() && compiled->MatchesStart(name);
}

TEST(NamePatternTest, WhatConfigurationsWrite) {
  const std::string q = "model.layers.12.self_attn.q_proj", gate = "model.layers.3.mlp.gate";
  EXPECT_TRUE(Matches(".*mlp.gate$", gate));
  EXPECT_FALSE(Matches(".*mlp.gate$", "model.layers.3.mlp.gate_proj"));
  EXPECT_TRUE(Matches(".*mlp\\.gate", "model.layers.3.mlp.gate_proj"));
  EXPECT_FALSE(Matches("mlp\\.gate", gate));  // only from the beginning
  EXPECT_TRUE(Matches(".*visual.*", "model.visual.blocks.0.attn.qkv"));
  EXPECT_TRUE(Matches(".*self_attn\\.(q|k|v|o)_proj", q));
  EXPECT_FALSE(Matches(".*self_attn\\.(k|v|o)_proj", q));
  EXPECT_TRUE(Matches("model\\.layers\\.(?:[0-9]|1[0-3])\\..*", q));
  EXPECT_FALSE(Matches("model\\.layers\\.(?:[0-9]|1[0-1])\\..*", q));
  EXPECT_TRUE(Matches("^model\\.layers\\.\\d+\\.self_attn", q));
  EXPECT_TRUE(Matches("(?!.*mlp).*_proj$", q));
  EXPECT_FALSE(Matches("(?!.*mlp).*_proj$", "model.layers.0.mlp.up_proj"));
  EXPECT_TRUE(Matches("(?=.*mlp)(?P<all>.*)_proj$", "model.layers.0.mlp.up_proj"));
  EXPECT_TRUE(Matches("lm_head", "lm_head"));
  EXPECT_TRUE(Matches("", "anything"));
}

TEST(NamePatternTest, Syntax) {
  struct Case {
    const char* pattern;
    const char* name;
    bool matches;
  };
  const Case cases[] = {
      {"a+b", "aaab", true},        {"a+b", "b", false},          {"a*b", "b", true},
      {"a?b$", "aab", false},       {"a{2}b", "aab", true},       {"a{2}b", "ab", false},
      {"a{2,}b", "aaaab", true},    {"a{1,2}b", "aaab", false},   {"a{0,2}b", "aab", true},
      {"(ab|c)*d", "abcabd", true}, {"(ab|c)*d", "abcad", false}, {"a||b", "x", true},
      {"[^.]+$", "ab", true},       {"[^.]+$", "a.b", false},     {"[]a]+$", "]a", true},
      {"[a-c-]+$", "a-c", true},    {"[\\d.]+$", "1.2", true},    {"[\\d.]+$", "1.x", false},
      {"\\w+\\.\\W", "ab..", true}, {"a\\b.b", "a.b", true},      {"a\\bb", "ab", false},
      {"a\\Bb", "ab", true},        {"a.*?c$", "abc", true},      {"\\Aa\\Z", "a", true},
      {"\\Aa\\Z", "ab", false},     {"a\\sb", "a b", true},       {"a\\Db", "a1b", false},
      {"(a*)*b", "aaac", false},    {"a.b", "a\nb", false},       {"x(?:)y", "xy", true},
      {"(?!a)", "a", false},        {"(?!a)", "b", true},         {"$a", "a", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Matches(c.pattern, c.name), c.matches) << c.pattern << " on " << c.name;
  }
}

TEST(NamePatternTest, OtherSyntaxIsRefusedByName) {
  for (const char* pattern : {"(",
                              ")",
                              "a)",
                              "[a",
                              "*a",
                              "a**",
                              "a++",
                              "a{2",
                              "a{3,2}",
                              "a{x}",
                              "\\1",
                              "a\\",
                              "(?<=a)b",
                              "(?i)a",
                              "(?P=x)",
                              "(?P<x",
                              "[b-a]",
                              "[\\q]",
                              "a{9999}",
                              "(?=(?=a))",
                              "((a{99}){99}){99}",
                              "((()*){999}){999}"}) {
    const auto compiled = NamePattern::Compile(pattern, "test");
    ASSERT_FALSE(compiled.ok()) << pattern;
    EXPECT_EQ(compiled.status().code(), StatusCode::kUnsupported);
    EXPECT_NE(compiled.status().message().find(pattern), std::string::npos);
  }
  EXPECT_FALSE(NamePattern::Compile(std::string(40, '(') + std::string(40, ')'), "test").ok());
  EXPECT_FALSE(NamePattern::Compile(std::string(513, 'a'), "test").ok());
}

TEST(NamePatternTest, HostileInputTakesLinearTime) {
  EXPECT_FALSE(Matches("(a|a)*(a|aa)*(a*)*b", std::string(512, 'a')));
  EXPECT_FALSE(Matches(".*", std::string(513, 'a')));  // no module's name
}

}  // namespace
}  // namespace qwenjet::format
