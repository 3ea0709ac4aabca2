// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/qwen3_shapes.h"
#include "ops/rope_kv_write/rope_kv_write.h"
#include "ops/rope_kv_write/rope_kv_write_ref.h"
#include "testing/bench.h"
#include "testing/paged_kv.h"

namespace qwenjet::ops {
namespace {

void RunCase(testing::Bench& bench, const ModelShape& model, int32_t num_tokens, DType kv) {
  const std::string name =
      std::string(model.name) + " T" + std::to_string(num_tokens) + " " + NameOf(kv);
  if (!bench.Wants(name)) return;
  testing::Rng rng(1);
  const int64_t d = model.head_dim;
  testing::PagedBatch batch({{num_tokens, num_tokens}}, 64, 1);
  testing::KvBuffer pool(kv, batch.num_pages(), 64, model.num_kv_heads, d);
  const testing::GuardedMatrix qkv =
      testing::Filled(DType::kFloat32, num_tokens, model.QkvSize(), testing::Values::kNormal, rng);
  testing::GuardedMatrix q(DType::kBFloat16, num_tokens, model.AttentionSize());
  const std::vector<float> norm = testing::RandomVector(d, testing::Values::kOffset, rng);
  std::vector<float> inv_freq;
  for (int64_t j = 0; j < d / 2; ++j) {
    const double share = 2.0 * static_cast<double>(j) / static_cast<double>(d);
    inv_freq.push_back(static_cast<float>(std::pow(1e6, -share)));
  }
  const float* frequencies = inv_freq.data();
  const float attention_factor = 1.0f;
  RopeKvWriteArgs args;
  args.qkv = qkv.view();
  args.num_q_heads = static_cast<int32_t>(model.num_q_heads);
  args.q_norm = args.k_norm = norm.data();
  args.eps = 1e-6f;
  args.rotary_dim = static_cast<int32_t>(d);
  args.inv_freq = &frequencies;
  args.attention_factor = &attention_factor;
  args.batch = batch.view();
  args.q_out = q.view();
  args.pool = pool.view();

  testing::BenchCase c;
  c.name = name;
  c.shape = {{"tokens", num_tokens},
             {"num_q_heads", model.num_q_heads},
             {"num_kv_heads", model.num_kv_heads},
             {"head_dim", d}};
  c.dtype = std::string("float32 to bfloat16, pool ") + NameOf(kv);
  c.bytes = static_cast<double>(num_tokens * (model.QkvSize() * 4 + model.AttentionSize() * 2)) +
            static_cast<double>(num_tokens * pool.view().PageBytes()) / 64;
  c.flops = static_cast<double>(num_tokens * (model.num_q_heads + model.num_kv_heads) * d * 7);
  c.run = [&] { return RopeKvWrite(bench.backend(), args); };
  c.check = [&] {
    const std::vector<double> wide = testing::Widened(norm);
    RopeRefInput input;
    input.qkv = testing::ToDense(qkv.view());
    input.num_q_heads = model.num_q_heads;
    input.num_kv_heads = model.num_kv_heads;
    input.head_dim = input.rotary_dim = d;
    input.q_norm = input.k_norm = &wide;
    input.eps = 1e-6;
    for (int32_t t = 0; t < num_tokens; ++t) input.tokens.push_back({t, &inv_freq, 1.0});
    return testing::Compare(q.view(), RopeKvWriteRef(input).q,
                            testing::Tolerance::Bound(RopeBound(input)));
  };
  bench.Run(c);
}

}  // namespace
}  // namespace qwenjet::ops

int main(int argc, char** argv) {
  qwenjet::testing::Bench bench;
  if (!bench.Start("rope_kv_write", argc, argv)) return 2;
  for (const qwenjet::ops::ModelShape& model : qwenjet::ops::kModelShapes) {
    for (const int32_t num_tokens : {1, 256}) {
      for (const qwenjet::DType kv : {qwenjet::DType::kBFloat16, qwenjet::DType::kInt8}) {
        qwenjet::ops::RunCase(bench, model, num_tokens, kv);
      }
    }
  }
  return bench.Finish();
}
