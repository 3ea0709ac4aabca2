// SPDX-License-Identifier: Apache-2.0
#include "ops/qwen3_shapes.h"
#include "ops/swiglu/swiglu.h"
#include "ops/swiglu/swiglu_ref.h"
#include "testing/bench.h"
#include "testing/generators.h"

int main(int argc, char** argv) {
  using namespace qwenjet;       // NOLINT: a program's own file
  using namespace qwenjet::ops;  // NOLINT
  testing::Bench bench;
  if (!bench.Start("swiglu", argc, argv)) return 2;
  for (const ModelShape& model : kModelShapes) {
    for (const int64_t num_tokens : {int64_t{1}, int64_t{512}}) {
      const std::string name = std::string(model.name) + " T" + std::to_string(num_tokens);
      if (!bench.Wants(name)) continue;
      testing::Rng rng(1);
      const int64_t size = model.intermediate_size;
      const testing::GuardedMatrix gate_up =
          testing::Filled(DType::kFloat32, num_tokens, 2 * size, testing::Values::kNormal, rng);
      testing::GuardedMatrix y(DType::kBFloat16, num_tokens, size);
      testing::BenchCase c;
      c.name = name;
      c.shape = {{"tokens", num_tokens}, {"intermediate_size", size}};
      c.dtype = "float32 to bfloat16";
      c.bytes = static_cast<double>(num_tokens * size * 10);
      c.flops = static_cast<double>(4 * num_tokens * size);
      c.run = [&] { return Swiglu(bench.backend(), {gate_up.view(), y.view()}); };
      c.check = [&] {
        return testing::Compare(y.view(), SwigluRef(testing::ToDense(gate_up.view())),
                                testing::Tolerance::Bound(kSwigluBound));
      };
      bench.Run(c);
    }
  }
  return bench.Finish();
}
