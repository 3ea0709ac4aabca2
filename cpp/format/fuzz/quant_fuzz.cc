// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a quantised safetensors checkpoint. The input is the text of quantization_config, a
// byte 0, and the .safetensors file. What opens must be of a known scheme and read the same rows in
// one piece and in two.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "format/fp8_source.h"
#include "format/fuzz/require.h"
#include "format/json.h"
#include "format/quant_config.h"
#include "format/quant_source.h"

namespace {

using qwenjet::format::Checkpoint;
using qwenjet::format::Fp8Source;
using qwenjet::format::QuantRows;
using qwenjet::format::QuantSource;
using qwenjet::format::TensorInfo;

// The bits of the weights of rows [begin, end).
void AppendRows(const QuantSource& source, int64_t begin, int64_t end, std::vector<float>* all) {
  QuantRows rows;
  Require(source.ReadRows(begin, end, rows).ok());
  const auto k = static_cast<size_t>(source.k());
  Require(rows.codes.size() == static_cast<size_t>(end - begin) * k);
  for (const uint8_t code : rows.codes) Require(code >> source.scheme().bits == 0);
  const size_t first = all->size();
  all->resize(first + rows.codes.size());
  for (int64_t r = 0; r < end - begin; ++r) {
    DequantizeQuantRow(source.scheme(), source.k(), rows, r,
                       all->data() + first + static_cast<size_t>(r) * k);
  }
}

void AppendRows(const Fp8Source& source, int64_t begin, int64_t end, std::vector<float>* all) {
  const size_t first = all->size();
  all->resize(first + static_cast<size_t>((end - begin) * source.k()));
  Require(source.ReadRows(begin, end, std::span(*all).subspan(first)).ok());
}

template <typename Source>
void CheckRows(const Source& source) {
  Require(source.n() > 0 && source.k() > 0 && source.stored_bytes() > 0);
  std::vector<float> once, twice;
  AppendRows(source, 0, source.n(), &once);
  const int64_t middle = source.n() / 3;
  AppendRows(source, 0, middle, &twice);
  AppendRows(source, middle, source.n(), &twice);
  Require(once.size() == twice.size() &&
          std::memcmp(once.data(), twice.data(), once.size() * sizeof(float)) == 0);
}

void CheckSource(const QuantSource& source) {
  const auto& scheme = source.scheme();
  Require(scheme.bits == 4 || scheme.bits == 8);
  Require(scheme.group_size == 16 || scheme.group_size == 32 || scheme.group_size == 64 ||
          scheme.group_size == 128);
  std::vector<int32_t> order = source.permutation();
  Require(order.empty() || static_cast<int64_t>(order.size()) == source.k());
  std::sort(order.begin(), order.end());
  for (size_t c = 0; c < order.size(); ++c) Require(order[c] == static_cast<int32_t>(c));
  CheckRows(source);
}

void CheckWeight(const Checkpoint& checkpoint, const std::string& name) {
  const auto source = OpenQuantSource(checkpoint, name, 0);
  const auto fp8 = OpenFp8Source(checkpoint, name);
  if (!source.ok()) {
    Require(!source.status().message().empty());
  } else if (*source != nullptr) {
    Require(fp8.ok() && *fp8 == nullptr);
    CheckSource(**source);
  }
  if (!fp8.ok()) {
    Require(!fp8.status().message().empty());
  } else if (*fp8 != nullptr) {
    CheckRows(**fp8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\0'), size);
  const auto file = std::as_bytes(std::span(data, size)).subspan(std::min(end + 1, size));
  const auto checkpoint = Checkpoint::OpenMemory(
      "fuzz", std::string("{\"quantization_config\":").append(input.substr(0, end)).append("}"),
      {file.begin(), file.end()});
  if (!checkpoint.ok()) {
    Require(!checkpoint.status().message().empty());
    return 0;
  }
  if (const auto* config = (*checkpoint)->quant_config()) {
    Require(qwenjet::format::ParseJson(config->Json(), "canonical").ok());
  }
  std::set<std::string> names;
  for (const TensorInfo& tensor : (*checkpoint)->tensors()) {
    names.insert(tensor.name.substr(0, tensor.name.rfind('.')) + ".weight");
  }
  for (const std::string& name : names) CheckWeight(**checkpoint, name);
  return 0;
}
