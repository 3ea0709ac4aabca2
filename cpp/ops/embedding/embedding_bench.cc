// SPDX-License-Identifier: Apache-2.0
#include "ops/embedding/embedding.h"
#include "ops/embedding/embedding_ref.h"
#include "ops/qwen3_shapes.h"
#include "testing/bench.h"
#include "testing/generators.h"

int main(int argc, char** argv) {
  using namespace qwenjet;       // NOLINT: a program's own file
  using namespace qwenjet::ops;  // NOLINT
  testing::Bench bench;
  if (!bench.Start("embedding", argc, argv)) return 2;
  constexpr int64_t kVocab = 2000;
  for (const ModelShape& model : kModelShapes) {
    for (const int64_t num_tokens : {int64_t{1}, int64_t{512}}) {
      const std::string name = std::string(model.name) + " T" + std::to_string(num_tokens);
      if (!bench.Wants(name)) continue;
      testing::Rng rng(1);
      const testing::GuardedMatrix plain = testing::Filled(
          DType::kBFloat16, kVocab, model.hidden_size, testing::Values::kNormal, rng);
      const testing::TiledBuffer table(DType::kBFloat16, plain.view());
      std::vector<int32_t> ids;
      for (int64_t t = 0; t < num_tokens; ++t) {
        ids.push_back(static_cast<int32_t>(rng.Below(kVocab)));
      }
      testing::GuardedMatrix y(DType::kFloat32, num_tokens, model.hidden_size);
      testing::BenchCase c;
      c.name = name;
      c.shape = {{"tokens", num_tokens}, {"hidden_size", model.hidden_size}, {"vocab", kVocab}};
      c.dtype = "bfloat16 to float32";
      c.bytes = static_cast<double>(num_tokens * model.hidden_size * 6);
      c.run = [&] { return Embedding(bench.backend(), {table.view, ids.data(), y.view()}); };
      c.check = [&] {
        return testing::Compare(y.view(), EmbeddingRef(testing::ToDense(plain.view()), ids),
                                testing::Tolerance::Exact());
      };
      bench.Run(c);
    }
  }
  return bench.Finish();
}
