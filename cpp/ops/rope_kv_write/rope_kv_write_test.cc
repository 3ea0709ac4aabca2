// SPDX-License-Identifier: Apache-2.0
#include "ops/rope_kv_write/rope_kv_write.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ops/qwen3_shapes.h"
#include "ops/rope_kv_write/rope_kv_write_ref.h"
#include "testing/backend_fixture.h"
#include "testing/paged_kv.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::AllOf;
using ::qwenjet::testing::Expected;
using ::qwenjet::testing::Filled;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::History;
using ::qwenjet::testing::Int8Vector;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::KvBuffer;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::PagedBatch;
using ::qwenjet::testing::RandomVector;
using ::qwenjet::testing::Rng;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::SequenceShape;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;
using ::qwenjet::testing::Values;

struct Case {
  int32_t num_q_heads = 4;
  int64_t num_kv_heads = 2;
  int64_t head_dim = 64;
  int32_t rotary_dim = 64;
  bool has_norm = true;
  DType q_dtype = DType::kBFloat16;
  DType kv_dtype = DType::kBFloat16;
  int64_t page_size = 16;
  std::vector<SequenceShape> sequences = {{5, 5}, {1, 18}, {0, 7}, {20, 33}};
  Values values = Values::kNormal;
  History history = History::kHeld;
};

// Everything one call needs, owned. Sequence s has its own frequencies and attention factor.
struct Problem {
  Case c;
  PagedBatch batch;
  GuardedMatrix qkv;
  std::vector<float> q_norm, k_norm, attention_factor;
  std::vector<std::vector<float>> inv_freq;
  std::vector<const float*> inv_freq_pointers;

  static Problem Make(const Case& c) {
    Rng rng(static_cast<uint64_t>(c.head_dim * 100 + c.num_q_heads));
    PagedBatch batch(c.sequences, c.page_size, 3, c.history);
    GuardedMatrix qkv =
        Filled(DType::kFloat32, batch.num_tokens(),
               (c.num_q_heads + 2 * c.num_kv_heads) * c.head_dim, c.values, rng, {1, 3});
    Problem p{c, std::move(batch), std::move(qkv), {}, {}, {}, {}, {}};
    p.q_norm = RandomVector(c.head_dim, Values::kOffset, rng);
    p.k_norm = RandomVector(c.head_dim, Values::kNormal, rng);
    for (size_t s = 0; s < c.sequences.size(); ++s) {
      std::vector<float> frequencies;
      for (int64_t j = 0; j < c.rotary_dim / 2; ++j) {
        const double share = 2.0 * static_cast<double>(j) / static_cast<double>(c.rotary_dim);
        frequencies.push_back(static_cast<float>(std::pow(s % 2 == 0 ? 1e6 : 1e4, -share)));
      }
      p.inv_freq.push_back(std::move(frequencies));
      p.attention_factor.push_back(s % 2 == 0 ? 1.0f : 1.2079441f);
    }
    for (const auto& frequencies : p.inv_freq) p.inv_freq_pointers.push_back(frequencies.data());
    return p;
  }

  KvBuffer NewPool() const {
    return KvBuffer(c.kv_dtype, batch.num_pages(), c.page_size, c.num_kv_heads, c.head_dim);
  }
  RopeKvWriteArgs Args(GuardedMatrix& q_out, KvBuffer& pool) {
    RopeKvWriteArgs args;
    args.qkv = qkv.view();
    args.num_q_heads = c.num_q_heads;
    args.q_norm = c.has_norm ? q_norm.data() : nullptr;
    args.k_norm = c.has_norm ? k_norm.data() : nullptr;
    args.eps = 1e-6f;
    args.rotary_dim = c.rotary_dim;
    args.inv_freq = inv_freq_pointers.data();
    args.attention_factor = attention_factor.data();
    args.batch = batch.view();
    args.q_out = q_out.view();
    args.pool = pool.view();
    return args;
  }
};

// Keys or values of the step's tokens [T, Hkv * D], gathered from the pages; of a pool of int8
// codes times scales, which are float32 numbers but for the rounding to it.
GuardedMatrix Gather(Problem& p, const KvBuffer& pool, bool keys) {
  const int64_t d = p.c.head_dim;
  GuardedMatrix out(p.c.kv_dtype == DType::kInt8 ? DType::kFloat32 : p.c.kv_dtype,
                    p.batch.num_tokens(), p.c.num_kv_heads * d);
  const layout::SequenceBatch view = p.batch.view();
  for (int32_t s = 0; s < view.num_sequences; ++s) {
    for (int32_t i = 0; i < view.NumQueries(s); ++i) {
      const int64_t position = view.FirstPosition(s) + i;
      const int32_t page = p.batch.Page(s, position / p.c.page_size);
      const int64_t slot = position % p.c.page_size;
      for (int64_t col = 0; col < p.c.num_kv_heads * d; ++col) {
        out.Set(view.query_start[s] + i, col,
                keys ? pool.Key(page, col / d, slot, col % d)
                     : pool.Value(page, col / d, slot, col % d));
      }
    }
  }
  return out;
}

// Every slot that the step does not own is as it was; only in bf16 pools, whose values are read in
// pairs of slots, the value after the last one written is zero where that slot is odd.
void ExpectRestUntouched(Problem& p, const KvBuffer& pool) {
  enum : char { kForeign, kWritten, kZeroedValue };
  std::vector<char> slots(static_cast<size_t>(p.batch.num_pages() * p.c.page_size), kForeign);
  const layout::SequenceBatch view = p.batch.view();
  for (int32_t s = 0; s < view.num_sequences; ++s) {
    for (int64_t position = view.FirstPosition(s); position < view.kv_len[s]; ++position) {
      const int64_t slot =
          p.batch.Page(s, position / p.c.page_size) * p.c.page_size + position % p.c.page_size;
      slots[static_cast<size_t>(slot)] = kWritten;
      if (slot % 2 == 0 && p.c.kv_dtype == DType::kBFloat16) {
        slots[static_cast<size_t>(slot + 1)] = kZeroedValue;
      }
    }
  }
  int64_t wrong = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto page = static_cast<int64_t>(i) / p.c.page_size;
    const auto slot = static_cast<int64_t>(i) % p.c.page_size;
    if (slots[i] == kWritten) continue;
    for (int64_t col = 0; col < p.c.num_kv_heads * p.c.head_dim; ++col) {
      const int64_t head = col / p.c.head_dim, dim = col % p.c.head_dim;
      const double key = pool.Key(page, head, slot, dim);
      const double value = pool.Value(page, head, slot, dim);
      if (slots[i] == kZeroedValue) {
        wrong += value == 0.0 ? 0 : 1;
      } else {
        wrong += pool.IsPoison(key) && pool.IsPoison(value) ? 0 : 1;
      }
    }
  }
  EXPECT_EQ(wrong, 0) << "elements of slots that the step does not own changed, or values of odd "
                         "neighbours are not zero";
}

// The values of an int8 pool, exactly: nothing was computed before they became codes.
Expected Int8Values(Expected values, int64_t head_dim) {
  for (size_t at = 0; at < values.value.size(); at += static_cast<size_t>(head_dim)) {
    const auto begin = values.value.begin() + static_cast<std::ptrdiff_t>(at);
    const Int8Vector held(std::vector<double>(begin, begin + head_dim));
    for (int64_t d = 0; d < head_dim; ++d) values.value[at + static_cast<size_t>(d)] = held[d];
  }
  return values;
}

// The keys of an int8 pool: half a step from the oracle's, further than its own allowance.
Expected Int8Keys(Expected keys, int64_t head_dim) {
  for (size_t at = 0; at < keys.value.size(); at += static_cast<size_t>(head_dim)) {
    double largest = 0;
    for (size_t d = 0; d < static_cast<size_t>(head_dim); ++d) {
      // As much as the largest may be off, so much may the scale.
      largest = std::max(largest, std::fabs(keys.value[at + d]) + keys.absolute[at + d] +
                                      keys.magnitude[at + d] * 0x1p-20);
    }
    // A scale below the normal range counts as none.
    const double step = std::max(largest / 127, largest < 127.5 * 0x1p-126 ? 2 * largest : 0.0);
    for (size_t d = 0; d < static_cast<size_t>(head_dim); ++d) keys.absolute[at + d] += step / 2;
  }
  return keys;
}

class RopeKvWriteTest : public ::qwenjet::testing::BackendTest {
 protected:
  void Check(const Case& c) {
    SCOPED_TRACE(::testing::Message()
                 << "heads " << c.num_q_heads << ":" << c.num_kv_heads << " head_dim " << c.head_dim
                 << " rotary_dim " << c.rotary_dim << " q " << NameOf(c.q_dtype) << " kv "
                 << NameOf(c.kv_dtype) << (c.has_norm ? " norm" : ""));
    Problem p = Problem::Make(c);
    RopeRefInput input;
    input.qkv = ToDense(p.qkv.view());
    input.num_q_heads = c.num_q_heads;
    input.num_kv_heads = c.num_kv_heads;
    input.head_dim = c.head_dim;
    input.rotary_dim = c.rotary_dim;
    const std::vector<double> q_norm = ::qwenjet::testing::Widened(p.q_norm);
    const std::vector<double> k_norm = ::qwenjet::testing::Widened(p.k_norm);
    if (c.has_norm) {
      input.q_norm = &q_norm;
      input.k_norm = &k_norm;
      input.eps = static_cast<double>(1e-6f);
    }
    const layout::SequenceBatch view = p.batch.view();
    for (int32_t s = 0; s < view.num_sequences; ++s) {
      for (int64_t position = view.FirstPosition(s); position < view.kv_len[s]; ++position) {
        input.tokens.push_back({position, &p.inv_freq[static_cast<size_t>(s)],
                                static_cast<double>(p.attention_factor[static_cast<size_t>(s)])});
      }
    }
    const RopeRefResult expected = RopeKvWriteRef(input);

    GuardedMatrix q(c.q_dtype, p.batch.num_tokens(), c.num_q_heads * c.head_dim, {3, 5});
    KvBuffer pool = p.NewPool();
    const Status status = RopeKvWrite(OneThread(), p.Args(q, pool));
    ASSERT_TRUE(status.ok()) << status.message();
    const Tolerance tolerance =
        !c.has_norm && c.rotary_dim == 0 ? Tolerance::Exact() : Tolerance::Bound(RopeBound(input));
    EXPECT_TRUE(MatchesAndCanFail(q.view(), expected.q, tolerance));
    EXPECT_TRUE(q.GuardsIntact());
    GuardedMatrix keys = Gather(p, pool, true), values = Gather(p, pool, false);
    EXPECT_TRUE(MatchesAndCanFail(
        keys.view(), c.kv_dtype == DType::kInt8 ? Int8Keys(expected.k, c.head_dim) : expected.k,
        c.kv_dtype == DType::kInt8 ? Tolerance::Quant(RopeBound(input)) : tolerance));
    EXPECT_TRUE(MatchesAndCanFail(
        values.view(), c.kv_dtype == DType::kInt8 ? Int8Values(expected.v, c.head_dim) : expected.v,
        Tolerance::Exact()));
    ExpectRestUntouched(p, pool);

    if (!RepeatWithThreeThreads()) return;
    GuardedMatrix q_again(c.q_dtype, p.batch.num_tokens(), c.num_q_heads * c.head_dim);
    KvBuffer pool_again = p.NewPool();
    ASSERT_TRUE(RopeKvWrite(ThreeThreads(), p.Args(q_again, pool_again)).ok());
    EXPECT_TRUE(SameBits(q_again.view(), q.view()));
    EXPECT_TRUE(SameBits(Gather(p, pool_again, true).view(), keys.view()));
    EXPECT_TRUE(SameBits(Gather(p, pool_again, false).view(), values.view()));
  }
};

TEST_P(RopeKvWriteTest, MatchesTheOracleForEveryHeadShape) {
  for (const int64_t head_dim : {2, 30, 32, 64, 80, 96, 128, 256, 512}) {
    for (const DType kv : {DType::kBFloat16, DType::kFloat32, DType::kInt8}) {
      const DType q = kv == DType::kInt8 ? DType::kBFloat16 : kv;
      for (const bool has_norm : {false, true}) {
        Check({4, 2, head_dim, static_cast<int32_t>(head_dim), has_norm, q, kv});
      }
    }
  }
  for (const auto& [q, kv] : std::vector<std::pair<int32_t, int64_t>>{{1, 1}, {9, 3}, {8, 1}}) {
    Check({q, kv, 64, 64, true, DType::kFloat32, DType::kBFloat16});
  }
}

TEST_P(RopeKvWriteTest, RotatesAsManyDimensionsAsAsked) {
  for (const int32_t rotary_dim : {0, 2, 16, 30, 32, 62}) {
    for (const bool has_norm : {false, true}) {
      Check({2, 1, 64, rotary_dim, has_norm, DType::kFloat32, DType::kFloat32});
      Check({2, 1, 64, rotary_dim, has_norm, DType::kBFloat16, DType::kBFloat16});
      Check({2, 1, 64, rotary_dim, has_norm, DType::kFloat32, DType::kInt8});
    }
  }
}

TEST_P(RopeKvWriteTest, MatchesTheOracleForRealHeads) {
  for (const ModelShape& model : kModelShapes) {
    Check({static_cast<int32_t>(model.num_q_heads),
           model.num_kv_heads,
           model.head_dim,
           static_cast<int32_t>(model.head_dim),
           true,
           DType::kBFloat16,
           DType::kBFloat16,
           64,
           {{2, 2}, {1, 70}}});
  }
}

TEST_P(RopeKvWriteTest, MatchesTheOracleForEveryPageSizeAndHardValues) {
  for (const int64_t page_size : {16, 64, 128, 1024}) {
    for (const DType kv : {DType::kFloat32, DType::kInt8}) {
      Check({2, 1, 32, 32, true, DType::kFloat32, kv, page_size, {{40, 150}, {3, 130}}});
    }
  }
  for (const Values values : {Values::kOutliers, Values::kDenormals, Values::kAlternating}) {
    for (const bool has_norm : {false, true}) {
      Check({2, 1, 64, 64, has_norm, DType::kFloat32, DType::kFloat32, 16, {{9, 30}}, values});
      Check({2, 1, 64, 64, has_norm, DType::kBFloat16, DType::kBFloat16, 16, {{9, 30}}, values});
      Check({2, 1, 64, 64, has_norm, DType::kBFloat16, DType::kInt8, 16, {{9, 30}}, values});
    }
  }
}

TEST_P(RopeKvWriteTest, AnglesAreAccurateAtEveryPosition) {
  for (const int32_t last : {1000, 40960, 131072, 1 << 20, (1 << 24) - 1}) {
    for (const DType dtype : {DType::kFloat32, DType::kBFloat16}) {
      Check({1,
             1,
             128,
             128,
             false,
             dtype,
             dtype,
             1024,
             {{3, last}},
             Values::kNormal,
             History::kFreed});
    }
  }
}

TEST_P(RopeKvWriteTest, AVectorWithANaNOrAnInfinityHasANaNForItsScale) {
  Case c;
  c.kv_dtype = DType::kInt8;
  c.sequences = {{3, 3}};
  const int64_t key_col = c.num_q_heads * c.head_dim + 1;  // of head 0
  const int64_t value_col = key_col + c.num_kv_heads * c.head_dim;
  for (const double bad : {static_cast<double>(NAN), -static_cast<double>(INFINITY)}) {
    for (const bool in_key : {true, false}) {
      Problem p = Problem::Make(c);
      p.qkv.Set(1, in_key ? key_col : value_col, bad);
      GuardedMatrix q(c.q_dtype, 3, c.num_q_heads * c.head_dim);
      KvBuffer pool = p.NewPool();
      ASSERT_TRUE(RopeKvWrite(OneThread(), p.Args(q, pool)).ok());
      const int32_t page = p.batch.Page(0, 0);
      for (int64_t head = 0; head < 2; ++head) {
        for (int64_t slot = 0; slot < 3; ++slot) {
          const bool here = head == 0 && slot == 1;
          EXPECT_EQ(std::isnan(pool.KeyScale(page, head, slot)), here && in_key);
          EXPECT_EQ(std::isnan(pool.ValueScale(page, head, slot)), here && !in_key);
        }
      }
    }
  }
}

TEST_P(RopeKvWriteTest, NothingToDo) {
  Check({2, 1, 32, 32, true, DType::kFloat32, DType::kFloat32, 16, {}});
  Check({2, 1, 32, 32, true, DType::kFloat32, DType::kFloat32, 16, {{0, 5}, {0, 0}}});
}

TEST_P(RopeKvWriteTest, PagesBeforeTheWrittenPositionsMayBeFreed) {
  Case c;
  c.sequences = {{4, 50}, {1, 100}, {20, 35}};
  c.history = History::kFreed;
  ASSERT_EQ(Problem::Make(c).batch.Page(0, 1), -1);
  Check(c);
}

TEST_P(RopeKvWriteTest, RefusesWrongArguments) {
  Case c;
  Problem p = Problem::Make(c);
  GuardedMatrix q(c.q_dtype, p.batch.num_tokens(), c.num_q_heads * c.head_dim);
  KvBuffer pool = p.NewPool();
  const RopeKvWriteArgs good = p.Args(q, pool);
  ASSERT_TRUE(RopeKvWrite(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    RopeKvWriteArgs args = good;
    change(args);
    return IsRefused(RopeKvWrite(OneThread(), args), got);
  };
  using Args = RopeKvWriteArgs;
  EXPECT_TRUE(refused([](Args& a) { a.qkv.dtype = DType::kBFloat16; }, "bfloat16"));
  EXPECT_TRUE(refused([](Args& a) { a.qkv.cols -= 1; }, "511"));
  EXPECT_TRUE(refused([](Args& a) { a.qkv.rows = 25; }, "25"));
  EXPECT_TRUE(refused([](Args& a) { a.qkv.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.q_out.cols = 255; }, "255"));
  EXPECT_TRUE(refused([](Args& a) { a.q_out.rows = 24; }, "24"));
  EXPECT_TRUE(refused([](Args& a) { a.q_out.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.q_out.row_stride = 77; }, "77"));
  EXPECT_TRUE(refused([](Args& a) { a.num_q_heads = 0; }, "0"));
  EXPECT_TRUE(refused([](Args& a) { a.rotary_dim = 66; }, "66"));
  EXPECT_TRUE(refused([](Args& a) { a.rotary_dim = -2; }, "-2"));
  EXPECT_TRUE(refused([](Args& a) { a.rotary_dim = 13; }, "1"));
  EXPECT_TRUE(refused([](Args& a) { a.q_norm = nullptr; }, "one"));
  EXPECT_TRUE(refused([](Args& a) { a.k_norm = nullptr; }, "one"));
  EXPECT_TRUE(refused([](Args& a) { a.inv_freq = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.attention_factor = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.page_size = 48; }, "48"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.head_dim = 63; }, "63"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.num_kv_heads = 0; }, "0"));
  EXPECT_TRUE(refused([](Args& a) { a.batch.num_tokens = 27; }, "26"));
  EXPECT_TRUE(refused([](Args& a) { a.batch.kv_len = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.batch.block_tables = nullptr; }, "null"));

  const auto bad_kv_len = [&](int32_t s, int32_t kv_len, const char* got) {
    std::vector<int32_t> lens = {5, 18, 7, 33};
    lens[static_cast<size_t>(s)] = kv_len;
    return refused([&](Args& a) { a.batch.kv_len = lens.data(); }, got);
  };
  EXPECT_TRUE(bad_kv_len(0, 4, "4"));   // fewer positions than queries
  EXPECT_TRUE(bad_kv_len(3, 49, "3"));  // the table of 3 pages ends before
  const auto bad_page = [&](int32_t s, int64_t page_idx, int32_t page, const char* got) {
    const int32_t before = p.batch.Page(s, page_idx);
    p.batch.Page(s, page_idx) = page;
    const auto result = IsRefused(RopeKvWrite(OneThread(), good), got);
    p.batch.Page(s, page_idx) = before;
    return result;
  };
  EXPECT_TRUE(bad_page(3, 2, -1, "freed"));
  EXPECT_TRUE(bad_page(1, 0, -2, "-2"));
  EXPECT_TRUE(bad_page(1, 0, 1000, "1000"));
}

INSTANTIATE_TEST_SUITE_P(Backends, RopeKvWriteTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
