// SPDX-License-Identifier: Apache-2.0
// Quantised checkpoints of the shared test material, dense and with experts: every weight can be
// read, and those that the reference dequantised come out equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "format/checkpoint.h"
#include "format/dequant.h"
#include "format/fp8_source.h"
#include "format/quant_source.h"
#include "testing/quant_reader.h"
#include "testing/shared.h"

namespace qwenjet::format {
namespace {

namespace fs = std::filesystem;

std::vector<float> ReadPlain(const Checkpoint& checkpoint, const TensorInfo& tensor) {
  std::vector<std::byte> stored(tensor.size_bytes);
  EXPECT_TRUE(checkpoint.Read(tensor, 0, stored).ok());
  std::vector<float> values(static_cast<size_t>(*NumElements(tensor.shape)));
  const Status status = DequantizeRows(tensor.encoding, stored, values);
  EXPECT_TRUE(status.ok()) << status.message();
  return values;
}

// The whole weight, read in pieces of uneven sizes.
std::vector<float> ReadWhole(const QuantSource& source) {
  std::vector<float> values;
  for (int64_t begin = 0, piece = 13; begin < source.n(); begin += piece, piece += 30) {
    const auto rows = testing::ReadQuantized(source, begin, std::min(source.n(), begin + piece));
    values.insert(values.end(), rows.begin(), rows.end());
  }
  return values;
}

// "...q_proj.qweight" or any other tensor of a linear module to "...q_proj.weight"; "" for others.
std::string WeightName(const std::string& name) {
  const size_t at = name.rfind("_proj.");
  return at == std::string::npos ? "" : name.substr(0, at + 6) + "weight";
}

TEST(SharedQuantTest, WeightsEqualTheReferenceDequantisation) {
  const auto shared = testing::SharedFolder();
  if (!shared) GTEST_SKIP() << "no folder of shared reference material";
  int num_cases = 0;
  for (const auto& entry : fs::directory_iterator(*shared / "conformance" / "quantized")) {
    if (!fs::exists(entry.path() / "config.json")) continue;
    const std::string name = entry.path().filename().string();
    auto opened = Checkpoint::Open(entry.path().string());
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    const Checkpoint& checkpoint = **opened;
    ASSERT_NE(checkpoint.quant_config(), nullptr) << name;
    auto golden = Checkpoint::OpenTensors((entry.path() / "dequantised.safetensors").string());
    ASSERT_TRUE(golden.ok()) << golden.status().message();
    ASSERT_EQ((*golden)->tensors().size(), 2u) << name;
    for (const TensorInfo& tensor : (*golden)->tensors()) {
      std::vector<float> actual;
      auto fp8 = OpenFp8Source(checkpoint, tensor.name);
      ASSERT_TRUE(fp8.ok()) << fp8.status().message();
      auto quant = OpenQuantSource(checkpoint, tensor.name, 0);
      ASSERT_TRUE(quant.ok()) << quant.status().message();
      if (*fp8 != nullptr) {
        ASSERT_EQ(*quant, nullptr);
        ASSERT_EQ((std::vector<int64_t>{(*fp8)->n(), (*fp8)->k()}), tensor.shape);
        actual.resize(static_cast<size_t>((*fp8)->n() * (*fp8)->k()));
        ASSERT_TRUE((*fp8)->ReadRows(0, (*fp8)->n(), actual).ok());
      } else {
        ASSERT_NE(*quant, nullptr) << name << " " << tensor.name;
        ASSERT_EQ((std::vector<int64_t>{(*quant)->n(), (*quant)->k()}), tensor.shape);
        actual = ReadWhole(**quant);
        EXPECT_EQ((*quant)->permutation().empty(), name.find("actorder") == std::string::npos);
        const bool has_zeros = name.find("asym") != std::string::npos ||
                               name.find("v2") != std::string::npos || name.starts_with("awq");
        EXPECT_EQ((*quant)->scheme().offset_type,
                  has_zeros ? layout::OffsetType::kZeroPoint : layout::OffsetType::kSymmetric);
      }
      const std::vector<float> expected = ReadPlain(**golden, tensor);
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_TRUE(actual[i] == expected[i])
            << name << " " << tensor.name << " element " << i << ": expected " << expected[i]
            << ", got " << actual[i];
      }
    }
    ++num_cases;
  }
  EXPECT_EQ(num_cases, 12);
}

TEST(SharedQuantTest, EveryLinearModuleOpensAndTheRestIsPlain) {
  const auto shared = testing::SharedFolder();
  if (!shared) GTEST_SKIP() << "no folder of shared reference material";
  for (const auto& entry : fs::directory_iterator(*shared / "conformance" / "quantized")) {
    auto opened = Checkpoint::Open(entry.path().string());
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    if ((*opened)->gguf() != nullptr) continue;
    QuantRows rows;
    for (const TensorInfo& tensor : (*opened)->tensors()) {
      const std::string name = WeightName(tensor.name);
      const bool is_plain = name.empty() || tensor.name.ends_with("norm.weight");
      auto source = OpenQuantSource(**opened, is_plain ? tensor.name : name, 0);
      ASSERT_TRUE(source.ok()) << source.status().message();
      auto fp8 = OpenFp8Source(**opened, is_plain ? tensor.name : name);
      ASSERT_TRUE(fp8.ok()) << fp8.status().message();
      ASSERT_EQ(is_plain, *source == nullptr && *fp8 == nullptr) << tensor.name;
      if (*source == nullptr) continue;
      EXPECT_TRUE((*source)->ReadRows(0, 16, rows).ok());
      EXPECT_EQ(rows.codes.size(), static_cast<size_t>(16 * (*source)->k()));
      EXPECT_GT((*source)->stored_bytes(), 0);
    }
  }
}

}  // namespace
}  // namespace qwenjet::format
