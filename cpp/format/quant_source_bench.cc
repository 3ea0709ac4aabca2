// SPDX-License-Identifier: Apache-2.0
// How fast quantised safetensors weights [4096, 12288] and [5120, 25600] become canonical rows
// (e4m3: floats) on one thread, in pieces of about two megabytes, from files in the page cache.
// Prints one JSON object a line: {"format", "n", "k", "gcodes_per_s": median, "min", "max",
// "repeats"}.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "format/checkpoint.h"
#include "format/fp8_source.h"
#include "format/quant_source.h"
#include "testing/checkpoint_builder.h"

namespace qwenjet::format {
namespace {

constexpr int64_t kPieceCodes = int64_t{2} << 20;
constexpr int kRepeats = 7;
constexpr char kWeight[] = "a.weight";

struct Case {
  const char* format;
  const char* config;
  testing::SafetensorsBuilder (*tensors)(int64_t n, int64_t k);
};

// Words whose fields differ: nothing depends on their values but the groups' order.
std::string Filled(int64_t size_bytes) {
  std::string bytes(static_cast<size_t>(size_bytes), '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 25);
  }
  return bytes;
}

testing::SafetensorsBuilder Gptq(int64_t n, int64_t k) {
  testing::SafetensorsBuilder file;
  file.Add("a.qweight", "I32", ShapeText({k / 8, n}), Filled(k * n / 2));
  file.Add("a.qzeros", "I32", ShapeText({k / 128, n / 8}), Filled(k / 128 * n / 2));
  file.Add("a.scales", "F16", ShapeText({k / 128, n}), Filled(k / 128 * n * 2));
  return file;
}

testing::SafetensorsBuilder GptqActOrder(int64_t n, int64_t k) {
  testing::SafetensorsBuilder file = Gptq(n, k);
  std::vector<int32_t> group_of(static_cast<size_t>(k));
  for (int64_t c = 0; c < k; ++c) {
    group_of[static_cast<size_t>(c)] = static_cast<int32_t>(c % (k / 128));
  }
  file.Add("a.g_idx", "I32", ShapeText({k}), group_of);
  return file;
}

testing::SafetensorsBuilder Awq(int64_t n, int64_t k) {
  testing::SafetensorsBuilder file;
  file.Add("a.qweight", "I32", ShapeText({k, n / 8}), Filled(k * n / 2));
  file.Add("a.qzeros", "I32", ShapeText({k / 128, n / 8}), Filled(k / 128 * n / 2));
  file.Add("a.scales", "F16", ShapeText({k / 128, n}), Filled(k / 128 * n * 2));
  return file;
}

testing::SafetensorsBuilder Packed(int64_t n, int64_t k) {
  testing::SafetensorsBuilder file;
  file.Add("a.weight_packed", "I32", ShapeText({n, k / 8}), Filled(k * n / 2));
  file.Add("a.weight_scale", "BF16", ShapeText({n, k / 128}), Filled(k / 128 * n * 2));
  file.Add("a.weight_shape", "I64", "[2]", std::vector<int64_t>{n, k});
  return file;
}

testing::SafetensorsBuilder Fp8(int64_t n, int64_t k) {
  testing::SafetensorsBuilder file;
  file.Add(kWeight, "F8_E4M3", ShapeText({n, k}), Filled(k * n));
  file.Add("a.weight_scale_inv", "BF16", ShapeText({n / 128, k / 128}),
           Filled(n / 128 * (k / 128) * 2));
  return file;
}

constexpr Case kCases[] = {
    {"gptq", R"({"quant_method":"gptq","bits":4,"group_size":128})", Gptq},
    {"gptq-act-order", R"({"quant_method":"gptq","bits":4,"group_size":128})", GptqActOrder},
    {"awq", R"({"quant_method":"awq","bits":4,"group_size":128})", Awq},
    {"pack-quantized",
     R"({"quant_method":"compressed-tensors","config_groups":{"g":{"targets":["Linear"],)"
     R"("weights":{"num_bits":4,"strategy":"group","group_size":128}}}})",
     Packed},
    {"fp8", R"({"quant_method":"fp8","weight_block_size":[128,128]})", Fp8},
};

bool ReadAll(const QuantSource* quant, const Fp8Source* fp8) {
  const int64_t n = quant != nullptr ? quant->n() : fp8->n();
  const int64_t k = quant != nullptr ? quant->k() : fp8->k();
  const int64_t piece = std::max<int64_t>(16, kPieceCodes / k / 16 * 16);
  QuantRows rows;
  std::vector<float> floats;
  for (int64_t begin = 0; begin < n; begin += piece) {
    const int64_t end = std::min(n, begin + piece);
    if (fp8 != nullptr) floats.resize(static_cast<size_t>((end - begin) * k));
    const Status status =
        quant != nullptr ? quant->ReadRows(begin, end, rows) : fp8->ReadRows(begin, end, floats);
    if (!status.ok()) return false;
  }
  return true;
}

bool Measure(const Case& c, int64_t n, int64_t k) {
  testing::TemporaryFolder folder;
  folder.Write("config.json",
               std::string("{\"quantization_config\":").append(c.config).append("}"));
  folder.Write("model.safetensors", c.tensors(n, k).bytes());
  const auto checkpoint = Checkpoint::Open(folder.path());
  if (!checkpoint.ok()) return false;
  auto quant = OpenQuantSource(**checkpoint, kWeight, 0);
  auto fp8 = OpenFp8Source(**checkpoint, kWeight);
  if (!quant.ok() || !fp8.ok() || (*quant == nullptr && *fp8 == nullptr)) return false;
  std::vector<double> rates;
  for (int repeat = -1; repeat < kRepeats; ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    if (!ReadAll(quant->get(), fp8->get())) return false;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    if (repeat >= 0) rates.push_back(static_cast<double>(n * k) / seconds.count() / 1e9);
  }
  std::sort(rates.begin(), rates.end());
  std::printf(
      "{\"format\":\"%s\",\"n\":%lld,\"k\":%lld,\"gcodes_per_s\":%.2f,\"min\":%.2f,"
      "\"max\":%.2f,\"repeats\":%d}\n",
      c.format, static_cast<long long>(n), static_cast<long long>(k), rates[kRepeats / 2],
      rates.front(), rates.back(), kRepeats);
  std::fflush(stdout);
  return true;
}

}  // namespace
}  // namespace qwenjet::format

int main() {
  for (const auto& [n, k] : {std::pair<int64_t, int64_t>{4096, 12288}, {5120, 25600}}) {
    for (const auto& c : qwenjet::format::kCases) {
      if (!qwenjet::format::Measure(c, n, k)) return 1;
    }
  }
  return 0;
}
