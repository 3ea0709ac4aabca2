// SPDX-License-Identifier: Apache-2.0
// testing: quantised checkpoints in memory, and quantised weights read back as floats.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "format/checkpoint.h"
#include "format/quant_source.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::testing {

// `quantization` is the text of quantization_config.
inline std::unique_ptr<format::Checkpoint> OpenQuantized(const std::string& quantization,
                                                         const SafetensorsBuilder& tensors) {
  const std::string file = tensors.bytes();
  const auto bytes = AsBytes(file);
  auto opened = format::Checkpoint::OpenMemory(
      "test", std::string("{\"quantization_config\":").append(quantization).append("}"),
      {bytes.begin(), bytes.end()});
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(*opened) : nullptr;
}

// The quantised weight of a published name; null, and a failure, where it does not open as one.
inline std::unique_ptr<format::QuantSource> OpenWeight(const format::Checkpoint& checkpoint,
                                                       const std::string& name) {
  auto source = format::OpenQuantSource(checkpoint, name, 0);
  EXPECT_TRUE(source.ok()) << source.status().message();
  return source.ok() ? std::move(*source) : nullptr;
}

// That opening a weight of OpenQuantized(quantization, tensors) fails so.
inline void ExpectRefused(const std::string& quantization, const SafetensorsBuilder& tensors,
                          const std::string& name, StatusCode code, const std::string& message) {
  const auto checkpoint = OpenQuantized(quantization, tensors);
  ASSERT_NE(checkpoint, nullptr);
  const auto source = format::OpenQuantSource(*checkpoint, name, 0);
  ASSERT_FALSE(source.ok()) << "expected: " << message;
  EXPECT_EQ(source.status().code(), code) << source.status().message();
  EXPECT_NE(source.status().message().find(message), std::string::npos)
      << "expected \"" << message << "\" in: " << source.status().message();
}

// Rows [begin, end) in the published order of columns.
inline std::vector<float> ReadQuantized(const format::QuantSource& source, int64_t begin,
                                        int64_t end) {
  const auto k = static_cast<size_t>(source.k());
  std::vector<float> values(static_cast<size_t>(end - begin) * k, NAN), row(k, NAN);
  format::QuantRows rows;
  const Status status = source.ReadRows(begin, end, rows);
  EXPECT_TRUE(status.ok()) << status.message();
  if (!status.ok()) return values;
  EXPECT_EQ(rows.codes.size(), values.size());
  for (const uint8_t code : rows.codes) EXPECT_EQ(code >> source.scheme().bits, 0);
  const std::vector<int32_t>& order = source.permutation();
  for (int64_t r = begin; r < end; ++r) {
    format::DequantizeQuantRow(source.scheme(), source.k(), rows, r - begin, row.data());
    float* out = values.data() + static_cast<size_t>(r - begin) * k;
    for (size_t c = 0; c < k; ++c) {
      out[order.empty() ? c : static_cast<size_t>(order[c])] = row[c];
    }
  }
  return values;
}

// That rows, in several ranges, are those of a test's matrix: bits, n (11 or more), k and
// At(row, column).
template <typename Matrix>
void ExpectRows(const format::QuantSource& source, const Matrix& matrix) {
  EXPECT_EQ(source.scheme().bits, matrix.bits);
  ASSERT_EQ(source.n(), static_cast<int64_t>(matrix.n));
  ASSERT_EQ(source.k(), static_cast<int64_t>(matrix.k));
  const int64_t n = source.n();
  for (const auto& [begin, end] :
       {std::pair<int64_t, int64_t>{0, n}, {0, 1}, {n - 1, n}, {3, 11}, {5, n - 3}, {2, 2}}) {
    const std::vector<float> values = ReadQuantized(source, begin, end);
    for (size_t i = 0; i < values.size(); ++i) {
      const size_t row = static_cast<size_t>(begin) + i / matrix.k, col = i % matrix.k;
      ASSERT_EQ(values[i], matrix.At(row, col)) << "row " << row << " column " << col;
    }
  }
}

}  // namespace qwenjet::testing
