// SPDX-License-Identifier: Apache-2.0
// What the header of attention promises beyond its formula: bits that do not depend on chunks,
// pages and batches, pages that are not read, aliasing, refusals.
#include <gtest/gtest.h>

#include "ops/attention/attention.h"
#include "ops/attention/attention_problem.h"
#include "testing/backend_fixture.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::IsRefused;
using ::qwenjet::testing::SameBits;
using ::qwenjet::testing::SequenceShape;

class AttentionPromisesTest : public ::qwenjet::testing::BackendTest {
 protected:
  // Rows of `out` from `row` on receive the case's result.
  void RunInto(const AttentionCase& c, Backend& backend, GuardedMatrix& out, int64_t row) {
    AttentionProblem problem(c);
    layout::Matrix rows = out.view();
    rows.data = out.view().Row(row);
    rows.rows = problem.batch().num_tokens();
    const Status status = Attention(backend, problem.Args(rows));
    ASSERT_TRUE(status.ok()) << status.message();
  }

  static std::vector<AttentionCase> Policies() {
    std::vector<AttentionCase> cases;
    for (const PoolType& type : kPoolTypes) {
      AttentionCase c;
      c.type = type;
      c.out = DType::kFloat32;
      c.num_q_heads = 6;
      c.num_kv_heads = 2;
      cases.push_back(c);
      c.window_len = 37;
      c.sink_len = 5;
      cases.push_back(c);
      c.rel_rows = 21;
      c.rel_row_of_zero = 10;
      cases.push_back(c);
    }
    return cases;
  }
};

TEST_P(AttentionPromisesTest, ChunksOfAPromptHaveTheBitsOfTheWhole) {
  constexpr int32_t kLength = 150;
  for (AttentionCase c : Policies()) {
    const int64_t cols = c.num_q_heads * c.head_dim;
    c.sequences = {{kLength, kLength}};
    GuardedMatrix whole(DType::kFloat32, kLength, cols);
    RunInto(c, OneThread(), whole, 0);
    for (const int32_t chunk : {1, 37, 64, 128}) {
      SCOPED_TRACE(::testing::Message() << "chunk " << chunk << " pool " << NameOf(c.type.pool)
                                        << " window " << c.window_len << " rel " << c.rel_rows);
      GuardedMatrix chunked(DType::kFloat32, kLength, cols);
      for (int32_t begin = 0; begin < kLength; begin += chunk) {
        const int32_t end = std::min(kLength, begin + chunk);
        c.sequences = {{end - begin, end}};
        RunInto(c, chunk < 64 ? OneThread() : ThreeThreads(), chunked, begin);
      }
      EXPECT_TRUE(SameBits(chunked.view(), whole.view()));
    }
  }
}

TEST_P(AttentionPromisesTest, LongChunksHaveTheBitsOfSingleTokens) {
  for (const PoolType& type : kPoolTypes) {
    AttentionCase c;
    c.type = type;
    c.out = DType::kFloat32;
    c.page_size = 64;
    GuardedMatrix chunk(DType::kFloat32, 40, 256), single(DType::kFloat32, 40, 256);
    c.sequences = {{40, 2070}};
    RunInto(c, OneThread(), chunk, 0);
    for (const int32_t row : {0, 1, 17, 18, 19, 39}) {
      c.sequences = {{1, 2031 + row}};
      RunInto(c, ThreeThreads(), single, row);
      for (int64_t col = 0; col < 256; ++col) {
        ASSERT_EQ(single.Get(row, col), chunk.Get(row, col)) << row << ", " << col;
      }
    }
  }
}

TEST_P(AttentionPromisesTest, BitsDoNotDependOnThePageSize) {
  for (AttentionCase c : Policies()) {
    c.sequences = {{30, 200}, {1, 131}, {70, 70}};
    GuardedMatrix reference(DType::kFloat32, 101, c.num_q_heads * c.head_dim);
    RunInto(c, OneThread(), reference, 0);
    for (const int64_t page_size : {32, 64, 128, 1024}) {
      SCOPED_TRACE(::testing::Message() << "page_size " << page_size);
      c.page_size = page_size;
      GuardedMatrix out(DType::kFloat32, 101, c.num_q_heads * c.head_dim);
      RunInto(c, OneThread(), out, 0);
      EXPECT_TRUE(SameBits(out.view(), reference.view()));
    }
  }
}

TEST_P(AttentionPromisesTest, BitsDoNotDependOnTheBatch) {
  const std::vector<SequenceShape> sequences = {{1, 77}, {20, 130}, {1, 2}, {64, 64}, {3, 200}};
  for (AttentionCase c : Policies()) {
    c.sink_len = 0;  // sinks differ by the place in the batch
    c.sequences = sequences;
    GuardedMatrix together(DType::kFloat32, 89, c.num_q_heads * c.head_dim);
    GuardedMatrix alone(DType::kFloat32, 89, c.num_q_heads * c.head_dim);
    RunInto(c, ThreeThreads(), together, 0);
    int64_t row = 0;
    for (const SequenceShape& shape : sequences) {
      c.sequences = {shape};
      RunInto(c, OneThread(), alone, row);
      row += shape.num_queries;
      ++c.first_sequence_seed;
    }
    EXPECT_TRUE(SameBits(alone.view(), together.view()));
  }
}

TEST_P(AttentionPromisesTest, TheOutputMayBeTheQueries) {
  for (AttentionCase c : Policies()) {
    c.out = c.type.q;
    c.sequences = {{30, 40}, {1, 131}, {70, 70}};
    AttentionProblem problem(c);
    GuardedMatrix out(c.out, 101, problem.OutCols());
    ASSERT_TRUE(Attention(OneThread(), problem.Args(out.view())).ok());
    ASSERT_TRUE(Attention(ThreeThreads(), problem.Args(problem.q().view())).ok());
    EXPECT_TRUE(SameBits(problem.q().view(), out.view()));
    EXPECT_TRUE(problem.q().GuardsIntact());
  }
}

struct PageCount {
  int32_t kv_len;
  int32_t window_len;
  int32_t sink_len;
  int64_t page_size;
  int64_t pages;
};

TEST_P(AttentionPromisesTest, ASingleTokenTouchesThePagesItSeesAndNoOther) {
  for (const PageCount& count : std::vector<PageCount>{
           {160, layout::kWindowFull, 0, 16, 10},
           {161, layout::kWindowFull, 0, 16, 11},
           {160, 16, 0, 16, 1},  // keys 144 .. 159
           {160, 17, 0, 16, 2},  // keys 143 .. 159
           {161, 16, 0, 16, 2},  // keys 145 .. 160
           {160, 1, 0, 16, 1},
           {160, 16, 1, 16, 2},   // and key 0
           {160, 16, 16, 16, 2},  // and keys 0 .. 15
           {160, 16, 17, 16, 3},
           {160, 16, 1000, 16, 10},
           {5000, 100, 4, 64, 4},  // keys 4900 .. 4999 in pages 76, 77, 78, and page 0
           {5000, 3000, 0, 64, 48},
           {5000, 64, 2100, 64, 35},  // keys 4936 .. in pages 77 and 78, and pages 0 .. 32
           {3, layout::kWindowFull, 0, 1024, 1}}) {
    for (const PoolType& type : kPoolTypes) {
      AttentionCase c;
      c.type = type;
      c.num_q_heads = 4;
      c.num_kv_heads = 2;
      c.head_dim = 32;
      c.page_size = count.page_size;
      c.window_len = count.window_len;
      c.sink_len = count.sink_len;
      c.sequences = {{1, count.kv_len}};
      AttentionProblem problem(c);
      ASSERT_EQ(problem.num_live_pages(), count.pages);
      for (Backend* backend : {&OneThread(), &ThreeThreads()}) {
        GuardedMatrix out(c.out, 1, problem.OutCols());
        std::atomic<int64_t> touched{0};
        AttentionArgs args = problem.Args(out.view());
        args.pages_touched = &touched;
        ASSERT_TRUE(Attention(*backend, args).ok());
        EXPECT_EQ(touched.load(), count.pages * c.num_kv_heads)
            << "kv_len " << count.kv_len << " window " << count.window_len << " sinks "
            << count.sink_len << " page_size " << count.page_size;
      }
    }
  }
}

TEST_P(AttentionPromisesTest, AChunkTouchesOnlyPagesThatItSees) {
  for (const PoolType& type : kPoolTypes) {
    AttentionCase c;
    c.type = type;
    c.window_len = 20;
    c.sink_len = 3;
    c.sequences = {{50, 700}, {1, 300}, {20, 20}};
    AttentionProblem problem(c);
    ASSERT_GT(problem.num_dead_pages(), 40);
    GuardedMatrix out(c.out, 71, problem.OutCols());
    std::atomic<int64_t> touched{0};
    AttentionArgs args = problem.Args(out.view());
    args.pages_touched = &touched;
    ASSERT_TRUE(Attention(ThreeThreads(), args).ok());
    EXPECT_GE(touched.load(), problem.num_live_pages() * c.num_kv_heads);
    // Even if every query of every head walked its own pages: keys 0 .. 4 and 20 before it.
    EXPECT_LE(touched.load(), 71 * 4 * c.num_q_heads);
    for (int64_t row = 0; row < 71; ++row) {  // half of the dead pages are NaN
      for (int64_t col = 0; col < out.cols(); ++col) ASSERT_FALSE(std::isnan(out.Get(row, col)));
    }
  }
}

TEST_P(AttentionPromisesTest, RefusesWrongArguments) {
  AttentionCase c;
  c.sequences = {{5, 5}, {1, 40}, {7, 70}};
  c.rel_rows = 9;
  AttentionProblem problem(c);
  GuardedMatrix out(c.out, 13, problem.OutCols());
  const AttentionArgs good = problem.Args(out.view());
  ASSERT_TRUE(Attention(OneThread(), good).ok());
  const auto refused = [&](auto change, const char* got) {
    AttentionArgs args = good;
    change(args);
    return IsRefused(Attention(OneThread(), args), got);
  };
  using Args = AttentionArgs;
  EXPECT_TRUE(refused([](Args& a) { a.q.dtype = DType::kFloat32; }, "float32"));
  EXPECT_TRUE(refused([](Args& a) { a.q.cols = 255; }, "255"));
  EXPECT_TRUE(refused([](Args& a) { a.q.rows = 12; }, "12"));
  EXPECT_TRUE(refused([](Args& a) { a.q.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.q.row_stride = 31; }, "31"));
  EXPECT_TRUE(refused([](Args& a) { a.out.cols = 254; }, "254"));
  EXPECT_TRUE(refused([](Args& a) { a.out.rows = 14; }, "14"));
  EXPECT_TRUE(refused([](Args& a) { a.out.data = nullptr; }, "null"));
  EXPECT_TRUE(refused(
      [](Args& a) {
        a.num_q_heads = 3;
        a.q.cols = a.out.cols = 192;
      },
      "3"));
  EXPECT_TRUE(refused([](Args& a) { a.num_q_heads = 0; }, "0"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.data = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.page_size = 24; }, "24"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.page_size = 2048; }, "2048"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.head_dim = 514; }, "514"));
  EXPECT_TRUE(refused([](Args& a) { a.pool.head_dim = 63; }, "63"));
  EXPECT_TRUE(refused([](Args& a) { a.window_len = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.sink_len = nullptr; }, "null"));
  EXPECT_TRUE(refused([](Args& a) { a.rel_rows = 0; }, "0"));
  EXPECT_TRUE(refused([](Args& a) { a.batch.num_tokens = 14; }, "1"));
  EXPECT_TRUE(refused([](Args& a) { a.batch.query_start = nullptr; }, "null"));

  std::vector<int32_t> windows(13, 10), sinks(3, 0);
  windows[12] = 0;
  EXPECT_TRUE(refused([&](Args& a) { a.window_len = windows.data(); }, "0"));
  windows[12] = -7;
  EXPECT_TRUE(refused([&](Args& a) { a.window_len = windows.data(); }, "-7"));
  sinks[2] = -9;
  EXPECT_TRUE(refused([&](Args& a) { a.sink_len = sinks.data(); }, "-9"));

  const auto bad_page = [&](int64_t page_idx, int32_t page, const char* got) {
    const int32_t before = problem.batch().Page(2, page_idx);
    problem.batch().Page(2, page_idx) = page;
    const auto result = IsRefused(Attention(OneThread(), good), got);
    problem.batch().Page(2, page_idx) = before;
    return result;
  };
  EXPECT_TRUE(bad_page(0, -1, "freed"));  // the windows are full
  EXPECT_TRUE(bad_page(4, -1, "freed"));
  EXPECT_TRUE(bad_page(1, -5, "-5"));
  EXPECT_TRUE(bad_page(1, 12345, "12345"));
}

TEST_P(AttentionPromisesTest, AFreedPageIsRefusedOnlyWhereAWindowReachesIt) {
  AttentionCase c;
  c.window_len = 20;
  c.sequences = {{4, 100}};  // positions 96 .. 99 see keys from 77 on: pages 4, 5 and 6
  AttentionProblem problem(c);
  GuardedMatrix out(c.out, 4, problem.OutCols());
  const AttentionArgs args = problem.Args(out.view());
  problem.batch().Page(0, 3) = -1;
  EXPECT_TRUE(Attention(OneThread(), args).ok());
  problem.batch().Page(0, 4) = -1;
  EXPECT_TRUE(IsRefused(Attention(OneThread(), args), "freed"));
}

TEST_P(AttentionPromisesTest, ANaNOrInfinityIsANaNInTheRowsThatSeeIt) {
  for (const PoolType& type : kPoolTypes) {
    if (type.pool != DType::kInt8) continue;
    for (const int64_t row : {0, 5, 16, 69}) {  // alone in its block, and after finite scores
      AttentionCase c;
      c.type = type;
      c.num_q_heads = 4;
      c.num_kv_heads = 2;
      c.sequences = {{70, 70}};
      c.window_len = 9;
      AttentionProblem problem(c);
      const int32_t page = problem.batch().Page(0, row / c.page_size);
      GuardedMatrix out(DType::kFloat32, 70, problem.OutCols());
      const auto expect_nan = [&](int64_t last_row, int64_t num_heads, const char* what) {
        ASSERT_TRUE(Attention(OneThread(), problem.Args(out.view())).ok());
        for (int64_t r = 0; r < 70; ++r) {
          for (int64_t col = 0; col < out.cols(); ++col) {
            const bool is_nan = r >= row && r <= last_row && col < num_heads * c.head_dim;
            ASSERT_EQ(std::isnan(out.Get(r, col)), is_nan) << what << " " << r << ", " << col;
          }
        }
      };
      testing::KvBuffer& pool = problem.pool();
      const int64_t slot = row % c.page_size;
      const double key = pool.KeyScale(page, 0, slot), value = pool.ValueScale(page, 0, slot);
      expect_nan(-1, 2, "finite");
      pool.SetKeyScale(page, 0, slot, NAN);
      expect_nan(row + 8, 2, "key");
      pool.SetKeyScale(page, 0, slot, key);
      pool.SetValueScale(page, 0, slot, NAN);
      expect_nan(row + 8, 2, "value");
      pool.SetValueScale(page, 0, slot, value);
      for (const double q : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
        if (type.q == DType::kFloat32 && std::isinf(q)) continue;
        problem.q().Set(row, 3, q);
        expect_nan(row, 1, "query");
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, AttentionPromisesTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
