// SPDX-License-Identifier: Apache-2.0
#include "ops/logits_topk/logits_topk.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ops/logits_topk/logits_topk_problem.h"
#include "ops/logits_topk/logits_topk_ref.h"
#include "ops/qwen3_shapes.h"
#include "testing/backend_fixture.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::AllOf;
using ::qwenjet::testing::Expected;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::Tolerance;

std::vector<double> RowOf(const GuardedMatrix& matrix, int64_t row) {
  std::vector<double> values;
  for (int64_t t = 0; t < matrix.cols(); ++t) values.push_back(matrix.Get(row, t));
  return values;
}

// One element [0, col] of a row of results.
Expected One(int64_t row, int64_t col, double value, double absolute) {
  Expected expected({row}, {col});
  expected.value[0] = value;
  expected.magnitude[0] = std::fabs(value);
  expected.absolute[0] = absolute;
  return expected;
}

// Whether dividing by the temperature is exact up to one rounding in every implementation.
bool HasExactReciprocal(float temperature) {
  int exponent = 0;
  return std::frexp(temperature, &exponent) == 0.5f;
}

class LogitsTopkTest : public ::qwenjet::testing::BackendTest {
 protected:
  void Check(LogitsProblem& p) {
    const auto num_rows = static_cast<int64_t>(p.rows.size());
    const auto num_probes = static_cast<int64_t>(p.probes.size());
    LogitsAnswer answer(num_rows, num_probes), again(num_rows, num_probes);
    const Status status = RunChecked(p, OneThread(), answer);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_TRUE(answer.GuardsIntact());
    for (int64_t r = 0; r < num_rows; ++r) {
      SCOPED_TRACE(::testing::Message() << "vocab " << p.vocab_size() << " row " << r);
      CheckRow(p, answer, r);
    }
    ASSERT_TRUE(RunChecked(p, ThreeThreads(), again).ok());
    EXPECT_TRUE(SameBits(again.lse_raw.view(), answer.lse_raw.view()));
    EXPECT_TRUE(SameBits(again.lse_processed.view(), answer.lse_processed.view()));
    EXPECT_TRUE(SameBits(again.candidate_processed.view(), answer.candidate_processed.view()));
    EXPECT_EQ(again.candidate_ids, answer.candidate_ids);
    EXPECT_EQ(again.num_candidates, answer.num_candidates);
    EXPECT_EQ(again.raw_top_ids, answer.raw_top_ids);
    EXPECT_EQ(again.probe_ranks, answer.probe_ranks);
  }

  // Runs, and sees that the logits are as before in every bit.
  static Status RunChecked(LogitsProblem& p, Backend& backend, LogitsAnswer& answer) {
    const size_t bytes = p.rows.size() * static_cast<size_t>(p.vocab_size()) * sizeof(float);
    std::vector<char> before(bytes);
    std::memcpy(before.data(), p.logits.view().data, bytes);
    Status status = LogitsTopk(backend, p.Args(answer));
    EXPECT_EQ(std::memcmp(before.data(), p.logits.view().data, bytes), 0) << "logits changed";
    EXPECT_TRUE(p.logits.GuardsIntact());
    return status;
  }

 private:
  static void CheckRow(LogitsProblem& p, LogitsAnswer& answer, int64_t r) {
    const layout::LogitRow& row = p.rows[static_cast<size_t>(r)];
    const std::vector<double> logits = RowOf(p.logits, r);
    const uint32_t* mask = row.mask_begin < 0 ? nullptr : p.masks.data() + row.mask_begin;
    const LogitsRefResult ref = LogitsTopkRef(logits, p.num_valid, row, p.changes, mask);
    EXPECT_TRUE(MatchesAndCanFail(
        answer.lse_raw.view(), One(0, r, ref.lse_raw, ref.lse_raw_allowed), Tolerance::Bound(0)));
    EXPECT_TRUE(MatchesAndCanFail(answer.lse_processed.view(),
                                  One(0, r, ref.lse_processed, ref.lse_processed_allowed),
                                  Tolerance::Bound(0)));
    CheckCandidates(p, answer, r, logits, ref);
    for (size_t i = 0; i < ref.raw_top.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      EXPECT_EQ(answer.RawTopId(r, at), ref.raw_top[i]) << "raw top " << i;
      EXPECT_EQ(answer.raw_top_logits.Get(r, at), logits[static_cast<size_t>(ref.raw_top[i])]);
    }
    for (int32_t i = row.probes_begin; i < row.probes_end; ++i) {
      const int32_t token = p.probes[static_cast<size_t>(i)];
      EXPECT_EQ(answer.probe_logits.Get(0, i), logits[static_cast<size_t>(token)]);
      EXPECT_EQ(answer.probe_ranks[static_cast<size_t>(i)], RankRef(logits, p.num_valid, token));
    }
    // The whole processed row, as the same values.
    GuardedMatrix whole(DType::kFloat32, 1, p.vocab_size(), {1, 0});
    ProcessedRow(p.Args(answer), static_cast<int32_t>(r), static_cast<float*>(whole.view().data));
    Expected expected({0}, AllOf(p.vocab_size()));
    expected.value = ref.processed;
    for (size_t t = 0; t < expected.value.size(); ++t) {
      expected.magnitude[t] = std::fabs(expected.value[t]);
    }
    EXPECT_TRUE(MatchesAndCanFail(whole.view(), expected, ToleranceOf(row)));
    EXPECT_TRUE(whole.GuardsIntact());
    for (int32_t i = 0; i < answer.num_candidates[static_cast<size_t>(r)]; ++i) {
      EXPECT_EQ(whole.Get(0, answer.CandidateId(r, i)), answer.candidate_processed.Get(r, i));
    }
  }

  static Tolerance ToleranceOf(const layout::LogitRow& row) {
    return HasExactReciprocal(row.temperature) ? Tolerance::Exact()
                                               : Tolerance::Bound(kProcessedBound);
  }

  static void CheckCandidates(LogitsProblem& p, LogitsAnswer& answer, int64_t r,
                              const std::vector<double>& logits, const LogitsRefResult& ref) {
    const layout::LogitRow& row = p.rows[static_cast<size_t>(r)];
    const int32_t found = answer.num_candidates[static_cast<size_t>(r)];
    ASSERT_EQ(found, static_cast<int32_t>(ref.candidates.size()));
    std::vector<int64_t> cols;
    Expected processed({r}, AllOf(found));
    for (int64_t i = 0; i < found; ++i) {
      const int32_t id = answer.CandidateId(r, i);
      ASSERT_GE(id, 0);
      ASSERT_LT(id, p.num_valid);
      EXPECT_EQ(answer.candidate_raw.Get(r, i), logits[static_cast<size_t>(id)]);
      processed.value[static_cast<size_t>(i)] = ref.processed[static_cast<size_t>(id)];
      processed.magnitude[static_cast<size_t>(i)] =
          std::fabs(ref.processed[static_cast<size_t>(id)]);
      if (i == 0) continue;
      const double z = answer.candidate_processed.Get(r, i);
      const double before = answer.candidate_processed.Get(r, i - 1);
      EXPECT_TRUE(before > z || (before == z && answer.CandidateId(r, i - 1) < id))
          << "order at candidate " << i;
    }
    EXPECT_TRUE(MatchesAndCanFail(answer.candidate_processed.view(), processed, ToleranceOf(row)));
    // Which tokens: exactly the oracle's. Where processed values carry a rounding of their own,
    // one may stand for another that the oracle cannot tell from it.
    const std::vector<double> allowed =
        ::qwenjet::testing::AllowedErrors(DType::kFloat32, processed, ToleranceOf(row));
    for (int32_t i = 0; i < found; ++i) {
      const int32_t id = answer.CandidateId(r, i), wanted = ref.candidates[static_cast<size_t>(i)];
      const double difference = std::fabs(ref.processed[static_cast<size_t>(id)] -
                                          ref.processed[static_cast<size_t>(wanted)]);
      const bool may_differ =
          !HasExactReciprocal(row.temperature) && difference <= 2 * allowed[static_cast<size_t>(i)];
      EXPECT_TRUE(id == wanted || may_differ)
          << "candidate " << i << ": expected token " << wanted << ", got " << id;
    }
  }
};

TEST_P(LogitsTopkTest, EveryNumberOfCandidatesAndVocabulary) {
  for (const int64_t vocab : {1, 2, 15, 16, 17, 31, 33, 1000, 4095, 4096, 4097, 8193}) {
    LogitsProblem p(6, vocab, 3, 1);
    const int32_t counts[] = {0, 1, 20, 64, 1023, 1024};
    for (size_t r = 0; r < 6; ++r) {
      p.rows[r].num_candidates = counts[r];
      p.rows[r].num_raw_top = static_cast<int32_t>(r) * 4;
      p.rows[r].temperature = r % 2 == 0 ? 1.0f : 0.5f;
      p.AddProbe(static_cast<int64_t>(r), 0);
      p.AddProbe(static_cast<int64_t>(r), static_cast<int32_t>(vocab - 1));
    }
    Check(p);
  }
}

TEST_P(LogitsTopkTest, RealVocabulary) {
  const int64_t vocab = kModelShapes[0].vocab_size;
  LogitsProblem p(3, vocab, 4, 2);
  Rng rng(3);
  p.num_valid = 151669;
  for (size_t r = 0; r < 3; ++r) {
    p.rows[r].num_candidates = r == 0 ? 1 : 1024;
    p.rows[r].num_raw_top = 20;
    p.rows[r].temperature = r == 1 ? 0.7f : 2.0f;
    p.AddProbe(static_cast<int64_t>(r), static_cast<int32_t>(rng.Below(vocab)));
    for (int32_t i = 0; i < 200; ++i) {
      p.AddChange(static_cast<int64_t>(r), {i * 751, i % 3 == 0 ? 2.0f : 0.0f,
                                            i % 2 == 0 ? 1.1f : 1.0f, i % 5 == 0 ? 0.5f : 0.0f});
    }
  }
  p.AddMask(2, 0.5, rng);
  Check(p);
}

TEST_P(LogitsTopkTest, TiesGoToTheLowestId) {
  for (const int64_t vocab : {40, 5000, 20000}) {
    LogitsProblem p(4, vocab, 3, 4);
    for (size_t r = 0; r < 4; ++r) {
      p.rows[r].num_candidates = r % 2 == 0 ? 20 : 1000;
      p.rows[r].num_raw_top = 20;
      for (int64_t t = 0; t < vocab; ++t) {
        const double value = p.logits.Get(static_cast<int64_t>(r), t);
        // Rows of a few different values, and rows of one.
        p.logits.Set(static_cast<int64_t>(r), t, r < 2 ? std::round(value) : 0.0);
      }
    }
    p.AddProbe(3, static_cast<int32_t>(vocab - 1));
    Check(p);
  }
}

TEST_P(LogitsTopkTest, EveryKindOfChange) {
  LogitsProblem p(7, 300, 3, 5);
  for (size_t r = 0; r < 7; ++r) p.rows[r].num_candidates = 300;
  for (int32_t t = 0; t < 300; t += 2) {
    p.AddChange(0, {t, -INFINITY, 1.0f, 0.0f});
  }
  for (int32_t t = 0; t < 300; t += 3) p.AddChange(1, {t, 0.0f, 1.3f, 0.0f});  // both signs
  for (int32_t t = 0; t < 300; t += 4) p.AddChange(2, {t, 0.0f, 0.4f, 0.0f});
  for (int32_t t = 0; t < 300; t += 5) p.AddChange(3, {t, 0.0f, 1.0f, 1.7f});
  for (int32_t t = 299; t >= 0; t -= 7) p.AddChange(4, {t, 2.5f, 1.2f, -0.3f});
  for (int32_t t = 0; t < 300; ++t) p.AddChange(5, {t, -INFINITY, 2.0f, 1.0f});  // nothing left
  for (int32_t t = 0; t < 299; ++t) p.AddChange(6, {t, -INFINITY, 1.0f, 0.0f});  // one left
  p.rows[1].temperature = 2.0f;
  p.rows[4].temperature = 0.3f;
  Check(p);
}

TEST_P(LogitsTopkTest, MasksAndPaddingOfTheVocabulary) {
  for (const int64_t vocab : {17, 32, 33, 5000, 9000}) {
    LogitsProblem p(5, vocab, 3, 6);
    Rng rng(7);
    p.num_valid = vocab - vocab / 5;
    for (size_t r = 0; r < 5; ++r) {
      p.rows[r].num_candidates = 100;
      p.rows[r].num_raw_top = 3;
      p.AddProbe(static_cast<int64_t>(r), static_cast<int32_t>(rng.Below(vocab)));
    }
    p.AddMask(1, 0.5, rng);
    p.AddMask(2, 0.01, rng);
    p.AddMask(3, 0.0, rng);  // nothing allowed
    p.AddMask(4, 0.9, rng);
    for (int32_t t = 0; t < 15; ++t) p.AddChange(4, {t, 30.0f, 1.1f, 0.1f});
    p.rows[4].temperature = 0.25f;
    // Beyond num_valid nothing counts, however large.
    for (int64_t t = p.num_valid; t < vocab; ++t) p.logits.Set(0, t, 1e30);
    Check(p);
  }
}

TEST_P(LogitsTopkTest, InfinitiesAndNan) {
  for (const int64_t vocab : {17, 5000}) {
    LogitsProblem p(6, vocab, 3, 8);
    for (size_t r = 0; r < 6; ++r) {
      p.rows[r].num_candidates = 50;
      p.rows[r].num_raw_top = 2;
    }
    for (int64_t t = 0; t < vocab; t += 3) p.logits.Set(0, t, -INFINITY);
    p.logits.Set(1, 5, INFINITY);
    p.logits.Set(1, 11, INFINITY);
    p.logits.Set(2, 5, NAN);
    p.AddProbe(0, 3);
    p.AddProbe(0, 4);
    p.AddProbe(1, 11);
    p.AddProbe(1, 4);
    for (int64_t t = 0; t < vocab; ++t) {
      p.logits.Set(3, t, -INFINITY);
      p.logits.Set(4, t, t == 7 ? NAN : -INFINITY);
      p.logits.Set(5, t, 3e38);  // exp of anything but a difference overflows
    }
    Check(p);
  }
}

TEST_P(LogitsTopkTest, ANanBehindTheMaskLeavesTheProcessedRowWhole) {
  LogitsProblem p(1, 64, 3, 9);
  p.rows[0].num_candidates = 64;
  p.masks = {0xfffffffeu, 0xffffffffu};
  p.rows[0].mask_begin = 0;
  p.logits.Set(0, 0, NAN);
  Check(p);
}

TEST_P(LogitsTopkTest, ARowsBitsDoNotDependOnTheOthers) {
  LogitsProblem p(5, 9001, 3, 10);
  for (size_t r = 0; r < 5; ++r) {
    p.rows[r].num_candidates = 70;
    p.rows[r].temperature = 0.6f + 0.1f * static_cast<float>(r);
    p.AddChange(static_cast<int64_t>(r), {17, 1.0f, 1.2f, 0.0f});
  }
  LogitsAnswer together(5, 0);
  ASSERT_TRUE(RunChecked(p, ThreeThreads(), together).ok());
  for (int64_t r = 0; r < 5; ++r) {
    LogitsAnswer alone(1, 0);
    LogitsTopkArgs args = p.Args(alone);
    args.logits += r * p.vocab_size();
    args.rows += r;
    args.num_rows = 1;
    ASSERT_TRUE(LogitsTopk(OneThread(), args).ok());
    EXPECT_EQ(alone.lse_raw.Get(0, 0), together.lse_raw.Get(0, r));
    EXPECT_EQ(alone.lse_processed.Get(0, 0), together.lse_processed.Get(0, r));
    for (int64_t i = 0; i < 70; ++i) {
      EXPECT_EQ(alone.CandidateId(0, i), together.CandidateId(r, i));
      EXPECT_EQ(alone.candidate_processed.Get(0, i), together.candidate_processed.Get(r, i));
    }
  }
}

TEST_P(LogitsTopkTest, NoRows) {
  LogitsProblem p(0, 10, 1, 11);
  LogitsAnswer answer(0, 0);
  EXPECT_TRUE(LogitsTopk(OneThread(), p.Args(answer)).ok());
}

TEST_P(LogitsTopkTest, RefusesWrongArguments) {
  LogitsProblem p(2, 50, 3, 12);
  p.rows[1].num_candidates = 5;
  p.AddChange(1, {3, 1.0f, 1.5f, 0.0f});
  p.AddProbe(1, 9);
  LogitsAnswer answer(2, 1);
  const LogitsTopkArgs good = p.Args(answer);
  ASSERT_TRUE(LogitsTopk(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    LogitsTopkArgs args = good;
    change(args);
    return IsRefused(LogitsTopk(OneThread(), args), got);
  };
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.num_rows = -3; }, "-3"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.vocab_size = 0; }, "0"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.num_valid = 51; }, "51"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.num_valid = 0; }, "0"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.logits = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.rows = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.changes = nullptr; }, "null"));
  EXPECT_TRUE(refused([](LogitsTopkArgs& a) { a.probes = nullptr; }, "null"));

  const auto refused_row = [&](auto change, const char* got) {
    const layout::LogitRow before = p.rows[1];
    change(p.rows[1]);
    const auto result = IsRefused(LogitsTopk(OneThread(), good), got);
    p.rows[1] = before;
    return result;
  };
  using Row = layout::LogitRow;
  EXPECT_TRUE(refused_row([](Row& r) { r.temperature = 0.0f; }, "0"));
  EXPECT_TRUE(refused_row([](Row& r) { r.temperature = -2.5f; }, "-2.5"));
  EXPECT_TRUE(refused_row([](Row& r) { r.temperature = NAN; }, "nan"));
  EXPECT_TRUE(refused_row([](Row& r) { r.temperature = INFINITY; }, "inf"));
  EXPECT_TRUE(refused_row([](Row& r) { r.num_candidates = 1025; }, "1025"));
  EXPECT_TRUE(refused_row([](Row& r) { r.num_candidates = -1; }, "-1"));
  EXPECT_TRUE(refused_row([](Row& r) { r.num_raw_top = 21; }, "21"));
  EXPECT_TRUE(refused_row([](Row& r) { r.num_raw_top = -4; }, "-4"));
  EXPECT_TRUE(refused_row([](Row& r) { r.changes_begin = 2; }, "2"));
  EXPECT_TRUE(refused_row([](Row& r) { r.changes_begin = -1; }, "-1"));
  EXPECT_TRUE(refused_row([](Row& r) { r.probes_end = -1; }, "-1"));
  EXPECT_TRUE(refused_row([](Row& r) { r.mask_begin = -2; }, "-2"));
  EXPECT_TRUE(IsRefused(
      [&] {
        p.rows[1].mask_begin = 0;
        LogitsTopkArgs args = good;
        args.masks = nullptr;
        const Status status = LogitsTopk(OneThread(), args);
        p.rows[1].mask_begin = -1;
        return status;
      }(),
      "null"));

  for (const int32_t token : {-1, 50}) {
    p.changes[0].token = token;
    EXPECT_TRUE(IsRefused(LogitsTopk(OneThread(), good), std::to_string(token)));
    p.changes[0].token = 3;
    p.probes[0] = token;
    EXPECT_TRUE(IsRefused(LogitsTopk(OneThread(), good), std::to_string(token)));
    p.probes[0] = 9;
  }
  for (const float repetition : {0.0f, -1.5f}) {
    p.changes[0].repetition = repetition;
    EXPECT_EQ(LogitsTopk(OneThread(), good).code(), StatusCode::kInvalidArgument);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, LogitsTopkTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
