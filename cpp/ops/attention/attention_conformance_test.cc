// SPDX-License-Identifier: Apache-2.0
// The dynamic_attention cases of the reference material (window and relative positions, computed
// by the original implementation in float64), and the oracle against the same.
#include <gtest/gtest.h>

#include "ops/attention/attention.h"
#include "ops/attention/attention_ref.h"
#include "testing/backend_fixture.h"
#include "testing/golden.h"
#include "testing/paged_kv.h"
#include "testing/shared.h"

namespace qwenjet::ops {
namespace {

using ::qwenjet::testing::Dense;
using ::qwenjet::testing::Expected;
using ::qwenjet::testing::GoldenTensor;
using ::qwenjet::testing::GuardedMatrix;
using ::qwenjet::testing::MatchesAndCanFail;
using ::qwenjet::testing::ToDense;
using ::qwenjet::testing::Tolerance;

// The limit that the reference material gives for float32: ||out - golden|| / ||golden||.
constexpr double kFloat32RelativeError = 1e-5;

// [heads, n, d] to [n, heads * d].
Dense TokensByHeads(const GoldenTensor& tensor) {
  const int64_t heads = tensor.shape[0], n = tensor.shape[1], d = tensor.shape[2];
  Dense dense(n, heads * d);
  for (int64_t h = 0; h < heads; ++h) {
    for (int64_t t = 0; t < n; ++t) {
      for (int64_t i = 0; i < d; ++i) {
        dense(t, h * d + i) =
            static_cast<double>(tensor.values[static_cast<size_t>((h * n + t) * d + i)]);
      }
    }
  }
  return dense;
}

double RelativeError(const Dense& actual, const Dense& golden) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < golden.values.size(); ++i) {
    difference += (actual.values[i] - golden.values[i]) * (actual.values[i] - golden.values[i]);
    size += golden.values[i] * golden.values[i];
  }
  return std::sqrt(difference / size);
}

struct ModuleCase {
  AttentionRefInput ref;
  Dense out;
  std::vector<int32_t> window_len;
  std::vector<float> rel;
};

ModuleCase ReadCase(const nlohmann::json& row, const std::map<std::string, GoldenTensor>& tensors) {
  const std::string prefix = "dynamic_attention/" + row["case"].get<std::string>() + "/";
  ModuleCase c;
  const auto n = row["tokens"].get<int32_t>();
  const int32_t window = std::min(row["window_size"].get<int32_t>(), n);
  c.window_len.assign(static_cast<size_t>(n), window);
  c.out = TokensByHeads(tensors.at(prefix + "out"));
  c.ref.num_q_heads = row["heads"].get<int64_t>();
  c.ref.num_kv_heads = row["kv_heads"].get<int64_t>();
  c.ref.head_dim = row["head_dim"].get<int64_t>();
  c.ref.causal = row["causal"].get<bool>();
  c.ref.scale = 1 / std::sqrt(static_cast<double>(c.ref.head_dim));
  c.rel = tensors.at(prefix + "rel").values;
  c.ref.rel = Dense(tensors.at(prefix + "rel").shape[0], c.ref.head_dim);
  c.ref.rel.values = ::qwenjet::testing::Widened(c.rel);
  c.ref.rel_row_of_zero = row["centre"].get<int64_t>();
  AttentionRefSequence sequence;
  sequence.q = TokensByHeads(tensors.at(prefix + "q"));
  sequence.k = TokensByHeads(tensors.at(prefix + "k"));
  sequence.v = TokensByHeads(tensors.at(prefix + "v"));
  sequence.window_len.assign(static_cast<size_t>(n), window);
  c.ref.sequences.push_back(std::move(sequence));
  return c;
}

class AttentionConformanceTest : public ::qwenjet::testing::BackendTest {
 protected:
  void Check(ModuleCase& c, DType dtype) {
    const AttentionRefSequence& sequence = c.ref.sequences[0];
    const auto n = static_cast<int32_t>(sequence.q.rows);
    ::qwenjet::testing::PagedBatch batch({{n, n}}, 16, 9);
    ::qwenjet::testing::KvBuffer pool(dtype, batch.num_pages(), 16, c.ref.num_kv_heads,
                                      c.ref.head_dim);
    pool.Store(batch, 0, sequence.k, sequence.v);
    GuardedMatrix q(dtype, n, sequence.q.cols), out(dtype, n, sequence.q.cols);
    for (int64_t t = 0; t < n; ++t) {
      for (int64_t i = 0; i < q.cols(); ++i) q.Set(t, i, sequence.q(t, i));
    }
    const int32_t no_sinks = 0;
    AttentionArgs args;
    args.q = q.view();
    args.num_q_heads = static_cast<int32_t>(c.ref.num_q_heads);
    args.pool = pool.view();
    args.batch = batch.view();
    args.window_len = c.window_len.data();
    args.sink_len = &no_sinks;
    args.causal = c.ref.causal;
    args.scale = static_cast<float>(c.ref.scale);
    args.rel = c.rel.data();
    args.rel_rows = c.ref.rel.rows;
    args.rel_row_of_zero = c.ref.rel_row_of_zero;
    args.out = out.view();
    const Status status = Attention(ThreeThreads(), args);
    ASSERT_TRUE(status.ok()) << status.message();
    if (dtype == DType::kFloat32) {
      EXPECT_LE(RelativeError(ToDense(out.view()), c.out), kFloat32RelativeError);
      return;
    }
    Expected expected = AttentionRef(c.ref);
    expected.value = c.out.values;
    GuardedMatrix plain(dtype, n, sequence.q.cols);
    AttentionPlain(c.ref, dtype, plain.view());
    EXPECT_TRUE(MatchesAndCanFail(out.view(), expected, Tolerance::Baseline(plain.view())));
  }
};

TEST_P(AttentionConformanceTest, DynamicAttentionCases) {
  const auto shared = ::qwenjet::testing::SharedFolder();
  if (!shared.has_value()) GTEST_SKIP() << "no folder of shared reference material";
  const auto folder = *shared / "conformance" / "modules";
  const auto tensors = ::qwenjet::testing::ReadGoldenTensors(folder / "modules.safetensors");
  ASSERT_FALSE(tensors.empty());
  std::ifstream rows_file(folder / "modules.json");
  const auto rows = nlohmann::json::parse(rows_file, nullptr, false);
  ASSERT_TRUE(rows.is_array());
  int num_cases = 0;
  for (const auto& row : rows) {
    if (row["module"] != "dynamic_attention") continue;
    SCOPED_TRACE(row.dump());
    ++num_cases;
    ModuleCase c = ReadCase(row, tensors);
    const Expected oracle = AttentionRef(c.ref);
    Dense own = c.out;
    own.values = oracle.value;
    EXPECT_LE(RelativeError(own, c.out), kFloat32RelativeError) << "of the oracle";
    Check(c, DType::kFloat32);
    Check(c, DType::kBFloat16);
  }
  EXPECT_EQ(num_cases, 6);
}

INSTANTIATE_TEST_SUITE_P(Backends, AttentionConformanceTest,
                         ::testing::ValuesIn(::qwenjet::testing::TestBackends()),
                         ::qwenjet::testing::BackendName);

}  // namespace
}  // namespace qwenjet::ops
