// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "base/arena.h"
#include "base/check.h"
#include "ops/linear_quant/linear_quant.h"
#include "ops/linear_quant/linear_quant_problem.h"
#include "ops/qwen3_shapes.h"
#include "testing/bench.h"

namespace qwenjet::ops {
namespace {

using layout::OffsetType;
using layout::QuantScheme;
using layout::ScaleType;

struct NamedScheme {
  const char* name;
  QuantScheme scheme;
};

constexpr NamedScheme kSchemes[] = {
    {"q4_0", {4, 32, ScaleType::kF16, OffsetType::kSymmetric}},
    {"int4-g128", {4, 128, ScaleType::kBF16, OffsetType::kZeroPoint}},
    {"q4_k", {4, 32, ScaleType::kTwoLevel, OffsetType::kMinimum}},
    {"q6_k", {6, 16, ScaleType::kTwoLevel, OffsetType::kSymmetric}},
    {"q8_0", {8, 32, ScaleType::kF16, OffsetType::kSymmetric}},
};

struct Shape {
  std::string name;
  int64_t n;
  int64_t k;
};

void RunShape(testing::Bench& bench, const NamedScheme& scheme, const Shape& shape) {
  struct Way {
    int64_t t;
    Activations activations;
  };
  constexpr const char* kNames[] = {" int8", " int16", " exact"};
  std::vector<Way> ways;
  for (const int64_t t : {1, 8, 16, 64, 512}) ways.push_back({t, Activations::kInt8});
  for (const int64_t t : {1, 8, 512}) ways.push_back({t, Activations::kInt16});
  ways.push_back({1, Activations::kExact});
  ways.push_back({512, Activations::kExact});
  const auto name_of = [&](const Way& way) {
    return shape.name + " " + scheme.name + " T" + std::to_string(way.t) +
           kNames[static_cast<int>(way.activations)];
  };
  if (std::none_of(ways.begin(), ways.end(),
                   [&](const Way& way) { return bench.Wants(name_of(way)); })) {
    return;
  }
  testing::Rng rng(1);
  const QuantProblem w(scheme.scheme, shape.n, shape.k, rng);
  // In huge pages, as models hold their weights.
  Result<MemoryBlock> memory = MemoryBlock::Create(w.view.SizeBytes());
  layout::QuantWeight weight = w.view;
  if (memory.ok()) {
    std::memcpy(memory->data(), w.view.data, static_cast<size_t>(w.view.SizeBytes()));
    weight.data = memory->data();
  }
  const LinearQuantRefWeight numbers = w.Numbers();
  for (const Way& way : ways) {
    if (!bench.Wants(name_of(way))) continue;
    const testing::GuardedMatrix x =
        testing::Filled(DType::kBFloat16, way.t, shape.k, testing::Values::kNormal, rng);
    testing::GuardedMatrix y(DType::kFloat32, way.t, shape.n);
    testing::BenchCase c;
    c.name = name_of(way);
    c.shape = {{"T", way.t}, {"N", shape.n}, {"K", shape.k}};
    c.dtype = NameOf(scheme.scheme);
    c.bytes = static_cast<double>(w.view.SizeBytes()) +
              static_cast<double>(way.t * (shape.k * 2 + shape.n * 4));
    c.flops = 2.0 * static_cast<double>(way.t) * static_cast<double>(shape.n * shape.k);
    c.run = [&] {
      QJ_RETURN_IF_ERROR(memory.status());
      return LinearQuant(bench.backend(), {x.view(), weight, nullptr, y.view(), way.activations});
    };
    c.check = [&] {
      const Isa isa = bench.backend().isa();
      LinearQuantRefOptions options;
      options.mode = way.activations == Activations::kInt16 ? LinearQuantRefMode::kInt16
                                                            : LinearQuantRefMode::kInt8;
      if (way.activations == Activations::kExact || (isa == Isa::kAmx && way.t >= 24)) {
        options.mode =
            isa >= Isa::kAvx512Bf16 ? LinearQuantRefMode::kBf16 : LinearQuantRefMode::kExact;
      }
      options.denormals_may_be_zero = true;
      return testing::Compare(
          y.view(),
          LinearQuantRef(testing::ToDense(x.view()), numbers, testing::SomeOf(way.t, 8),
                         testing::SomeOf(shape.n, 64), options),
          testing::Tolerance::Quant(
              LinearQuantBound(options.mode, shape.k, scheme.scheme.group_size)));
    };
    bench.Run(c);
  }
}

}  // namespace
}  // namespace qwenjet::ops

// One small model whole, and a layer that no cache holds; "qwen3-0.6b qkv q4_0 T512 int8".
int main(int argc, char** argv) {
  using namespace qwenjet;       // NOLINT: a program's own file
  using namespace qwenjet::ops;  // NOLINT
  testing::Bench bench;
  if (!bench.Start("linear_quant", argc, argv)) return 2;
  for (const ModelShape& model : kModelShapes) {
    const std::string name = model.name;
    if (name != "qwen3-0.6b" && name != "qwen3-8b") continue;
    for (const NamedScheme& scheme : kSchemes) {
      const auto run = [&](const char* what, int64_t n, int64_t k) {
        RunShape(bench, scheme, {name + " " + what, n, k});
      };
      if (name == "qwen3-0.6b") {
        run("qkv", model.QkvSize(), model.hidden_size);
        run("o", model.hidden_size, model.AttentionSize());
      }
      run("gate_up", 2 * model.intermediate_size, model.hidden_size);
      run("down", model.hidden_size, model.intermediate_size);
    }
  }
  return bench.Finish();
}
