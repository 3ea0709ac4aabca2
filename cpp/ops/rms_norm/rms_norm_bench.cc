// SPDX-License-Identifier: Apache-2.0
#include "ops/qwen3_shapes.h"
#include "ops/rms_norm/rms_norm.h"
#include "ops/rms_norm/rms_norm_ref.h"
#include "testing/bench.h"
#include "testing/generators.h"

// Without the residual addition, so that a repeated call sees the same input.
int main(int argc, char** argv) {
  using namespace qwenjet;       // NOLINT: a program's own file
  using namespace qwenjet::ops;  // NOLINT
  testing::Bench bench;
  if (!bench.Start("rms_norm", argc, argv)) return 2;
  for (const ModelShape& model : kModelShapes) {
    for (const int64_t num_tokens : {int64_t{1}, int64_t{512}}) {
      const std::string name = std::string(model.name) + " T" + std::to_string(num_tokens);
      if (!bench.Wants(name)) continue;
      testing::Rng rng(1);
      const int64_t h = model.hidden_size;
      testing::GuardedMatrix x =
          testing::Filled(DType::kFloat32, num_tokens, h, testing::Values::kNormal, rng);
      testing::GuardedMatrix y(DType::kBFloat16, num_tokens, h);
      const std::vector<float> weight = testing::RandomVector(h, testing::Values::kOffset, rng);
      testing::BenchCase c;
      c.name = name;
      c.shape = {{"tokens", num_tokens}, {"hidden_size", h}};
      c.dtype = "float32 to bfloat16";
      c.bytes = static_cast<double>(num_tokens * h * 6);
      c.flops = static_cast<double>(4 * num_tokens * h);
      c.run = [&] {
        return RmsNorm(bench.backend(), {x.view(), {}, weight.data(), 1e-6f, y.view()});
      };
      c.check = [&] {
        const RmsNormRefResult expected =
            RmsNormRef(testing::ToDense(x.view()), nullptr, testing::Widened(weight), 1e-6);
        return testing::Compare(y.view(), expected.y, testing::Tolerance::Bound(RmsNormBound(h)));
      };
      bench.Run(c);
    }
  }
  return bench.Finish();
}
