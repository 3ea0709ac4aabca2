// SPDX-License-Identifier: Apache-2.0
// linear_quant: random weights for tests and benchmarks, as tiles and as the oracle's numbers.
#pragma once

#include <string>
#include <vector>

#include "base/bf16.h"
#include "ops/linear_quant/linear_quant_ref.h"
#include "ops/linear_quant/quant_pack.h"
#include "testing/generators.h"

namespace qwenjet::ops {

inline std::string NameOf(const layout::QuantScheme& scheme) {
  constexpr const char* kScales[] = {"f16", "bf16", "f32", "two-level"};
  constexpr const char* kOffsets[] = {"sym", "zero", "min"};
  return std::to_string(scheme.bits) + "bit-g" + std::to_string(scheme.group_size) + "-" +
         kScales[static_cast<int>(scheme.scale_type)] + "-" +
         kOffsets[static_cast<int>(scheme.offset_type)];
}

// Whatever the layout allows.
inline std::vector<layout::QuantScheme> AllSchemes() {
  using layout::OffsetType;
  using layout::ScaleType;
  std::vector<layout::QuantScheme> all;
  for (const int32_t bits : {4, 5, 6, 8}) {
    for (const int32_t group_size : {16, 32, 64, 128}) {
      for (const ScaleType scale :
           {ScaleType::kF16, ScaleType::kBF16, ScaleType::kF32, ScaleType::kTwoLevel}) {
        for (const OffsetType offset :
             {OffsetType::kSymmetric, OffsetType::kZeroPoint, OffsetType::kMinimum}) {
          all.push_back({bits, group_size, scale, offset});
        }
      }
    }
  }
  return all;
}

// The canonical rows of a whole weight.
struct QuantRowsOfWeight {
  std::vector<uint8_t> codes, zeros;
  std::vector<float> scales, minimums, super_scales, super_minimums;
  std::vector<int8_t> sub_scales, sub_minimums;

  QuantRowPointers From(int64_t row, const layout::QuantWeight& w) const {
    const auto at = [](const auto& values, int64_t index) {
      return values.empty() ? nullptr : values.data() + index;
    };
    const int64_t g = row * w.NumGroups(), s = row * w.NumSuperGroups();
    return {at(codes, row * w.k), at(scales, g),     at(zeros, g),          at(minimums, g),
            at(super_scales, s),  at(sub_scales, g), at(super_minimums, s), at(sub_minimums, g)};
  }
};

// A random weight. Scales are about `scale`.
struct QuantProblem {
  QuantRowsOfWeight rows;
  testing::AlignedBytes memory;
  layout::QuantWeight view;
  std::vector<int32_t> permutation;

  QuantProblem(const layout::QuantScheme& scheme, int64_t n, int64_t k, testing::Rng& rng,
               bool permuted = false, double scale = 1.0 / 16)
      : memory(0) {
    view.scheme = scheme;
    view.n = n;
    view.k = k;
    const int64_t groups = view.NumGroups(), supers = view.NumSuperGroups();
    const int64_t levels = int64_t{1} << scheme.bits;
    for (int64_t i = 0; i < n * k; ++i) {
      rows.codes.push_back(static_cast<uint8_t>(rng.Below(levels)));
    }
    const auto number = [&](bool any_sign) {
      const double magnitude = scale * (0.25 + rng.Uniform());
      const double value = any_sign && rng.Below(2) == 0 ? -magnitude : magnitude;
      const auto x = static_cast<float>(value);
      switch (scheme.scale_type) {
        case layout::ScaleType::kBF16:
          return ToFloat(ToBFloat16(x));
        case layout::ScaleType::kF32:
          return x;
        default:
          return HalfToFloat(FloatToHalf(x));
      }
    };
    const bool has_minimum = scheme.offset_type == layout::OffsetType::kMinimum;
    if (scheme.scale_type == layout::ScaleType::kTwoLevel) {
      for (int64_t i = 0; i < n * supers; ++i) {
        rows.super_scales.push_back(number(true) / 64);
        if (has_minimum) rows.super_minimums.push_back(number(false) / 8);
      }
      for (int64_t i = 0; i < n * groups; ++i) {
        rows.sub_scales.push_back(static_cast<int8_t>(rng.Below(256) - 128));
        if (has_minimum) rows.sub_minimums.push_back(static_cast<int8_t>(rng.Below(64)));
      }
    } else {
      for (int64_t i = 0; i < n * groups; ++i) {
        rows.scales.push_back(number(true));
        if (has_minimum) rows.minimums.push_back(number(true) * 8);
      }
    }
    if (scheme.offset_type == layout::OffsetType::kZeroPoint) {
      for (int64_t i = 0; i < n * groups; ++i) {
        rows.zeros.push_back(static_cast<uint8_t>(rng.Below(levels)));
      }
    }
    if (permuted) {
      for (int64_t c = 0; c < k; ++c) permutation.push_back(static_cast<int32_t>(c));
      for (int64_t c = k - 1; c > 0; --c) {
        std::swap(permutation[static_cast<size_t>(c)],
                  permutation[static_cast<size_t>(rng.Below(c + 1))]);
      }
      view.permutation = permutation.data();
    }
    memory = testing::AlignedBytes(view.SizeBytes());
    auto* data = reinterpret_cast<std::byte*>(memory.data());
    view.data = data;
    for (int64_t block = 0; block < view.NumBlocks(); ++block) {
      const int64_t first = block * layout::kTileN;
      PackQuantBlock(view, std::min(layout::kTileN, n - first), rows.From(first, view),
                     data + block * view.BlockBytes());
    }
  }

  // From the canonical rows, not from the tiles.
  LinearQuantRefWeight Numbers() const {
    const int64_t n = view.n, k = view.k, groups = view.NumGroups();
    const layout::QuantScheme& scheme = view.scheme;
    LinearQuantRefWeight w;
    w.code = testing::Dense(n, k);
    w.scale = w.zero = w.minimum = testing::Dense(n, groups);
    w.group_size = scheme.group_size;
    w.permutation = permutation;
    w.code.values.assign(rows.codes.begin(), rows.codes.end());
    for (int64_t row = 0; row < n; ++row) {
      for (int64_t g = 0; g < groups; ++g) {
        const auto at = static_cast<size_t>(row * groups + g);
        const int64_t super = g * scheme.group_size / layout::kSuperGroup;
        const auto super_at = static_cast<size_t>(row * view.NumSuperGroups() + super);
        const bool two = scheme.scale_type == layout::ScaleType::kTwoLevel;
        w.scale(row, g) =
            two ? double{rows.super_scales[super_at]} * rows.sub_scales[at] : rows.scales[at];
        if (scheme.offset_type == layout::OffsetType::kSymmetric) {
          w.zero(row, g) = scheme.SymmetricZero();
        } else if (scheme.offset_type == layout::OffsetType::kZeroPoint) {
          w.zero(row, g) = rows.zeros[at];
        } else {
          w.minimum(row, g) = two ? -double{rows.super_minimums[super_at]} * rows.sub_minimums[at]
                                  : rows.minimums[at];
        }
      }
    }
    return w;
  }
};

}  // namespace qwenjet::ops
