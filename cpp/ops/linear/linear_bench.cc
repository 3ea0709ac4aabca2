// SPDX-License-Identifier: Apache-2.0
#include "ops/linear/linear.h"
#include "ops/linear/linear_ref.h"
#include "ops/qwen3_shapes.h"
#include "testing/bench.h"
#include "testing/generators.h"

namespace qwenjet::ops {
namespace {

struct LinearCase {
  std::string name;
  int64_t t = 0;
  int64_t n = 0;
  int64_t k = 0;
  DType dtype = DType::kBFloat16;  // of x and w
};

void RunCase(testing::Bench& bench, const LinearCase& linear) {
  if (!bench.Wants(linear.name)) return;
  testing::Rng rng(1);
  const testing::GuardedMatrix x =
      testing::Filled(linear.dtype, linear.t, linear.k, testing::Values::kNormal, rng);
  const testing::GuardedMatrix w =
      testing::Filled(linear.dtype, linear.n, linear.k, testing::Values::kNormal, rng);
  const testing::TiledBuffer tiled(linear.dtype, w.view());
  testing::GuardedMatrix y(DType::kFloat32, linear.t, linear.n);
  testing::BenchCase c;
  c.name = linear.name;
  c.shape = {{"T", linear.t}, {"N", linear.n}, {"K", linear.k}};
  c.dtype = NameOf(linear.dtype);
  c.bytes = static_cast<double>((linear.n + linear.t) * linear.k) *
                static_cast<double>(SizeOf(linear.dtype)) +
            static_cast<double>(linear.t * linear.n * 4);
  c.flops = 2.0 * static_cast<double>(linear.t) * static_cast<double>(linear.n * linear.k);
  c.run = [&] { return Linear(bench.backend(), {x.view(), tiled.view, nullptr, y.view()}); };
  c.check = [&] {
    LinearRefOptions options;
    options.denormals_may_be_zero = true;
    return testing::Compare(
        y.view(),
        LinearRef(testing::ToDense(x.view()), testing::ToDense(w.view()),
                  testing::SomeOf(linear.t, 8), testing::SomeOf(linear.n, 64), options),
        testing::Tolerance::Bound(LinearBound(linear.k)));
  };
  bench.Run(c);
}

}  // namespace
}  // namespace qwenjet::ops

// The smaller models whole; names are "qwen3-0.6b qkv T512 bfloat16".
int main(int argc, char** argv) {
  using namespace qwenjet;       // NOLINT: a program's own file
  using namespace qwenjet::ops;  // NOLINT
  testing::Bench bench;
  if (!bench.Start("linear", argc, argv)) return 2;
  for (const ModelShape& model : kModelShapes) {
    if (model.hidden_size > 2560) continue;
    for (const DType dtype : {DType::kBFloat16, DType::kFloat32}) {
      for (const int64_t t : {1, 8, 64, 512}) {
        const auto run = [&](const char* what, int64_t n, int64_t k) {
          RunCase(bench, {std::string(model.name) + " " + what + " T" + std::to_string(t) + " " +
                              NameOf(dtype),
                          t, n, k, dtype});
        };
        run("qkv", model.QkvSize(), model.hidden_size);
        run("o", model.hidden_size, model.AttentionSize());
        run("gate_up", 2 * model.intermediate_size, model.hidden_size);
        run("down", model.hidden_size, model.intermediate_size);
        if (t == 1) run("lm_head", model.vocab_size, model.hidden_size);
      }
    }
  }
  return bench.Finish();
}
