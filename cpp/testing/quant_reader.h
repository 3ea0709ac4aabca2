// SPDX-License-Identifier: Apache-2.0
// testing: quantised checkpoints in memory, and quantised weights read back as floats.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
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

}  // namespace qwenjet::testing
