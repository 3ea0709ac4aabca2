// SPDX-License-Identifier: Apache-2.0
#include "testing/quantized_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "base/bf16.h"
#include "format/dequant.h"
#include "format/fp8_source.h"
#include "format/quant_source.h"
#include "testing/generators.h"
#include "testing/quant_reader.h"

namespace qwenjet::testing {
namespace {

using format::TensorEncoding;

struct Shape {
  std::string gguf;       // without the suffix
  std::string published;  // the same
  std::string suffix;
  int64_t rows;
  int64_t cols;  // 0: a vector
};

std::vector<Shape> ShapesOf(const SmallModel& m) {
  const int64_t q = m.num_q_heads * m.head_dim, kv = m.num_kv_heads * m.head_dim;
  const int64_t hidden = m.hidden_size, inner = m.intermediate_size;
  const std::string weight = ".weight", bias = ".bias";
  std::vector<Shape> shapes = {{"token_embd", "model.embed_tokens", weight, m.vocab_size, hidden},
                               {"output_norm", "model.norm", weight, hidden, 0}};
  if (!m.tied) shapes.push_back({"output", "lm_head", weight, m.vocab_size, hidden});
  for (int64_t i = 0; i < m.num_layers; ++i) {
    const std::string blk = "blk." + std::to_string(i) + ".";
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    const std::string attn = layer + "self_attn.", mlp = layer + "mlp.";
    const std::vector<Shape> own = {
        {blk + "attn_norm", layer + "input_layernorm", weight, hidden, 0},
        {blk + "ffn_norm", layer + "post_attention_layernorm", weight, hidden, 0},
        {blk + "attn_q", attn + "q_proj", weight, q, hidden},
        {blk + "attn_k", attn + "k_proj", weight, kv, hidden},
        {blk + "attn_v", attn + "v_proj", weight, kv, hidden},
        {blk + "attn_output", attn + "o_proj", weight, hidden, q},
        {blk + "ffn_gate", mlp + "gate_proj", weight, inner, hidden},
        {blk + "ffn_up", mlp + "up_proj", weight, inner, hidden},
        {blk + "ffn_down", mlp + "down_proj", weight, hidden, inner}};
    shapes.insert(shapes.end(), own.begin(), own.end());
    if (m.has_bias()) {
      shapes.push_back({blk + "attn_q", attn + "q_proj", bias, q, 0});
      shapes.push_back({blk + "attn_k", attn + "k_proj", bias, kv, 0});
      shapes.push_back({blk + "attn_v", attn + "v_proj", bias, kv, 0});
    }
    if (m.has_norm()) {
      shapes.push_back({blk + "attn_q_norm", attn + "q_norm", weight, m.head_dim, 0});
      shapes.push_back({blk + "attn_k_norm", attn + "k_norm", weight, m.head_dim, 0});
    }
  }
  return shapes;
}

// Standard deviation of a random weight.
constexpr double kSpread = 1.0 / 16;

void PutHalf(std::string& bytes, size_t at, double value) {
  const uint16_t half = FloatToHalf(static_cast<float>(value));
  std::memcpy(bytes.data() + at, &half, sizeof(half));
}

// A block of random codes whose scales make weights of about kSpread.
std::string RandomBlock(TensorEncoding encoding, Rng& rng) {
  std::string bytes(static_cast<size_t>(format::InfoOf(encoding).block_bytes), '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.Next());
  const double vary = kSpread * (0.5 + rng.Uniform());
  // What uniform codes of so many bits spread, and the middle of their range.
  const auto spread = [](int bits) { return std::exp2(bits) / std::sqrt(12.0); };
  const auto middle = [](int bits) { return (std::exp2(bits) - 1) / 2; };
  constexpr double kMeanSub = 32;  // of 6-bit second-level scales
  switch (encoding) {
    case TensorEncoding::kF32: {
      const auto value = static_cast<float>(kSpread * rng.Normal());
      std::memcpy(bytes.data(), &value, sizeof(value));
      break;
    }
    case TensorEncoding::kF16:
      PutHalf(bytes, 0, kSpread * rng.Normal());
      break;
    case TensorEncoding::kBF16: {
      const BFloat16 value = ToBFloat16(static_cast<float>(kSpread * rng.Normal()));
      std::memcpy(bytes.data(), &value, sizeof(value));
      break;
    }
    case TensorEncoding::kQ4_1:
    case TensorEncoding::kQ5_1: {
      const int bits = encoding == TensorEncoding::kQ4_1 ? 4 : 5;
      PutHalf(bytes, 0, vary / spread(bits));
      PutHalf(bytes, 2, -vary / spread(bits) * middle(bits));
      break;
    }
    case TensorEncoding::kQ4_K:
    case TensorEncoding::kQ5_K: {
      const int bits = encoding == TensorEncoding::kQ4_K ? 4 : 5;
      PutHalf(bytes, 0, vary / spread(bits) / kMeanSub);
      PutHalf(bytes, 2, vary / spread(bits) / kMeanSub * middle(bits));
      break;
    }
    case TensorEncoding::kQ6_K:
      PutHalf(bytes, bytes.size() - 2, vary / spread(6) / spread(8));
      break;
    default:
      PutHalf(bytes, 0,
              vary / spread(encoding == TensorEncoding::kQ8_0   ? 8
                            : encoding == TensorEncoding::kQ5_0 ? 5
                                                                : 4));
  }
  return bytes;
}

std::string RandomVector(int64_t count, bool around_one, Rng& rng) {
  std::string bytes;
  for (int64_t i = 0; i < count; ++i) {
    bytes += Packed(static_cast<float>((around_one ? 1 : 0) + 0.1 * rng.Normal()));
  }
  return bytes;
}

std::string ConfigOf(const SmallModel& m, const std::string& quantization = {}) {
  std::string text = "{";
  const auto add = [&text](const char* key, const std::string& value) {
    text.append(text.size() > 1 ? ",\"" : "\"").append(key).append("\":").append(value);
  };
  add("model_type", std::string("\"").append(m.architecture).append("\""));
  add("vocab_size", std::to_string(m.vocab_size));
  add("hidden_size", std::to_string(m.hidden_size));
  add("intermediate_size", std::to_string(m.intermediate_size));
  add("num_hidden_layers", std::to_string(m.num_layers));
  add("num_attention_heads", std::to_string(m.num_q_heads));
  add("num_key_value_heads", std::to_string(m.num_kv_heads));
  add("head_dim", std::to_string(m.head_dim));
  add("max_position_embeddings", "1024");
  add("rms_norm_eps", "1e-6");
  add("rope_theta", "10000.0");
  add("tie_word_embeddings", m.tied ? "true" : "false");
  if (!quantization.empty()) add("quantization_config", quantization);
  return text.append("}");
}

std::string RandomBytes(int64_t count, Rng& rng) {
  std::string bytes(static_cast<size_t>(count), '\0');
  for (char& byte : bytes) byte = static_cast<char>(rng.Next());
  return bytes;
}

// Scales of uniform codes of so many bits, for weights of about kSpread.
std::string RandomScales(int64_t count, int64_t bits, bool half, Rng& rng) {
  const double unit = kSpread / (std::exp2(static_cast<double>(bits)) / std::sqrt(12.0));
  std::string bytes;
  for (int64_t i = 0; i < count; ++i) {
    const auto scale = static_cast<float>(unit * (0.5 + rng.Uniform()));
    bytes += half ? Packed(FloatToHalf(scale)) : Packed(ToBFloat16(scale));
  }
  return bytes;
}

// The group of each column.
std::string GroupOfColumns(int64_t cols, int64_t group_size, uint64_t seed) {
  std::vector<int32_t> groups(static_cast<size_t>(cols));
  for (size_t c = 0; c < groups.size(); ++c) {
    groups[c] = static_cast<int32_t>(static_cast<int64_t>(c) / group_size);
  }
  Rng rng(seed);
  for (size_t c = groups.size() - 1; c > 0; --c) {
    std::swap(groups[c], groups[static_cast<size_t>(rng.Below(static_cast<int64_t>(c) + 1))]);
  }
  std::string bytes;
  for (const int32_t group : groups) bytes += Packed(group);
  return bytes;
}

std::string ShapeOf(int64_t rows, int64_t cols) { return format::ShapeText({rows, cols}); }

// Tensors of one linear layer [n, k] of random codes.
void AddModule(const std::string& at, int64_t n, int64_t k, const PackedForm& form, Rng& rng,
               SafetensorsBuilder& file) {
  using Packing = PackedForm::Packing;
  const int64_t fields = 32 / form.bits, groups = (k + form.group_size - 1) / form.group_size;
  // The middle of the codes in every field: 8 or 128.
  const std::string middle(static_cast<size_t>(groups * n / fields * 4),
                           static_cast<char>(form.bits == 4 ? 0x88 : 0x80));
  const std::string zeros = form.zero_points ? RandomBytes(groups * n / fields * 4, rng) : middle;
  switch (form.packing) {
    case Packing::kBFloat16: {
      std::string values;
      for (int64_t i = 0; i < n * k; ++i) values += RandomBlock(TensorEncoding::kBF16, rng);
      file.Add(at + "weight", "BF16", ShapeOf(n, k), values);
      return;
    }
    case Packing::kGptq:
      file.Add(at + "qweight", "I32", ShapeOf(k / fields, n), RandomBytes(k / fields * n * 4, rng));
      file.Add(at + "qzeros", "I32", ShapeOf(groups, n / fields), zeros);
      file.Add(at + "scales", "F16", ShapeOf(groups, n),
               RandomScales(groups * n, form.bits, true, rng));
      if (form.order == 0) return;
      file.Add(at + "g_idx", "I32", format::ShapeText({k}),
               GroupOfColumns(k, form.group_size, form.order));
      return;
    case Packing::kPackQuantized:
      file.Add(at + "weight_packed", "I32", ShapeOf(n, k / fields),
               RandomBytes(n * k / fields * 4, rng));
      file.Add(at + "weight_scale", "BF16", ShapeOf(n, groups),
               RandomScales(n * groups, form.bits, false, rng));
      file.Add(at + "weight_shape", "I64", "[2]", Packed(n) + Packed(k));
      if (form.zero_points) {
        file.Add(at + "weight_zero_point", "I32", ShapeOf(n / fields, groups), zeros);
      }
      if (form.order == 0) return;
      file.Add(at + "weight_g_idx", "I32", format::ShapeText({k}),
               GroupOfColumns(k, form.group_size, form.order));
      return;
    case Packing::kInt8:
      file.Add(at + "weight", "I8", ShapeOf(n, k), RandomBytes(n * k, rng));
      file.Add(at + "weight_scale", "BF16", ShapeOf(n, 1), RandomScales(n, 8, false, rng));
      return;
    case Packing::kFp8: {
      std::string codes = RandomBytes(n * k, rng);
      // Without the sign 0x7f is NaN; magnitudes from 2^-1 to 2.
      for (char& code : codes) code = static_cast<char>((code & 0x87) | 0x30 | (code & 0x08));
      const int64_t rows = (n + 127) / 128, cols = (k + 127) / 128;
      std::string scales;
      for (int64_t i = 0; i < rows * cols; ++i) {
        scales += Packed(static_cast<float>(kSpread * (0.5 + rng.Uniform())));
      }
      file.Add(at + "weight", "F8_E4M3", ShapeOf(n, k), codes);
      file.Add(at + "weight_scale_inv", "F32", ShapeOf(rows, cols), scales);
      return;
    }
  }
}

// The weight of a matrix in float32, as published.
std::string FloatsOf(const format::Checkpoint& checkpoint, const Shape& shape, int64_t head_dim) {
  const std::string name = shape.published + shape.suffix;
  const bool permuted = shape.gguf.ends_with("attn_q") || shape.gguf.ends_with("attn_k");
  const int64_t cols = std::max<int64_t>(1, shape.cols);
  std::vector<float> values(static_cast<size_t>(shape.rows * cols));
  if (shape.cols > 0) {
    auto source = format::OpenQuantSource(checkpoint, name, permuted ? head_dim : 0);
    EXPECT_TRUE(source.ok()) << source.status().message();
    if (source.ok() && *source != nullptr) {
      values = ReadQuantized(**source, 0, shape.rows);
      return std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4);
    }
  }
  if (shape.cols > 0) {
    auto source = format::OpenFp8Source(checkpoint, name);
    EXPECT_TRUE(source.ok()) << source.status().message();
    if (source.ok() && *source != nullptr) {
      EXPECT_TRUE((*source)->ReadRows(0, shape.rows, values).ok());
      return std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4);
    }
  }
  const format::TensorInfo* tensor = checkpoint.Find(name);
  EXPECT_NE(tensor, nullptr) << name;
  if (tensor == nullptr) return {};
  std::vector<std::byte> bytes(tensor->size_bytes);
  std::vector<float> stored(values.size());
  EXPECT_TRUE(checkpoint.Read(*tensor, 0, bytes).ok());
  EXPECT_TRUE(format::DequantizeRows(tensor->encoding, bytes, stored).ok());
  const format::RowSource source =
      permuted ? checkpoint.RowsOf(*tensor, head_dim) : format::RowSource();
  for (int64_t r = 0; r < shape.rows; ++r) {
    std::memcpy(values.data() + r * cols, stored.data() + source(r) * cols,
                static_cast<size_t>(cols) * sizeof(float));
  }
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4);
}

}  // namespace

std::string WriteGguf(const TemporaryFolder& folder, const SmallModel& m,
                      const EncodingOf& encoding) {
  Rng rng(1);
  const std::vector<Shape> shapes = ShapesOf(m);
  const std::string p = m.architecture + ".";
  GgufBuilder file(shapes.size(), 9);
  const auto count = [&](const std::string& key, int64_t value) {
    file.Entry(p + key, 4, static_cast<uint32_t>(value));
  };
  file.StringEntry("general.architecture", m.architecture);
  count("block_count", m.num_layers);
  count("context_length", 1024);
  count("embedding_length", m.hidden_size);
  count("feed_forward_length", m.intermediate_size);
  count("attention.head_count", m.num_q_heads);
  count("attention.head_count_kv", m.num_kv_heads);
  count("attention.key_length", m.head_dim);
  file.Entry(p + "attention.layer_norm_rms_epsilon", 6, 1e-6f);
  std::string data;
  for (const Shape& shape : shapes) {
    const std::string name = shape.gguf + shape.suffix;
    data.resize((data.size() + 31) / 32 * 32);
    const uint64_t offset = data.size();
    const auto rows = static_cast<uint64_t>(shape.rows);
    if (shape.cols == 0) {
      file.Tensor(name, {rows}, 0, offset);
      data += RandomVector(shape.rows, shape.suffix == ".weight", rng);
      continue;
    }
    const format::EncodingInfo& info = format::InfoOf(encoding(name));
    file.Tensor(name, {static_cast<uint64_t>(shape.cols), rows},
                static_cast<uint32_t>(info.ggml_type), offset);
    for (int64_t i = 0; i < shape.rows * shape.cols / info.block_elems; ++i) {
      data += RandomBlock(encoding(name), rng);
    }
  }
  return folder.Write("model.gguf", file.Data(0).Raw(data).bytes());
}

std::string WriteSafetensors(const TemporaryFolder& folder, const SmallModel& model,
                             const FormOf& form, const std::string& quantization) {
  Rng rng(2);
  SafetensorsBuilder file;
  for (const Shape& shape : ShapesOf(model)) {
    const std::string name = shape.published + shape.suffix;
    if (shape.cols == 0) {
      file.Add(name, "F32", format::ShapeText({shape.rows}),
               RandomVector(shape.rows, shape.suffix == ".weight", rng));
      continue;
    }
    const bool is_linear = shape.published.ends_with("_proj");
    AddModule(shape.published + ".", shape.rows, shape.cols,
              is_linear ? form(shape.published) : PackedForm(), rng, file);
  }
  folder.Write("config.json", ConfigOf(model, quantization));
  folder.Write("model.safetensors", file.bytes());
  return folder.path();
}

void WriteDenseTwin(const TemporaryFolder& folder, const SmallModel& model,
                    const format::Checkpoint& quantized) {
  SafetensorsBuilder file;
  for (const Shape& shape : ShapesOf(model)) {
    file.Add(shape.published + shape.suffix, "F32",
             shape.cols > 0 ? ShapeOf(shape.rows, shape.cols) : format::ShapeText({shape.rows}),
             FloatsOf(quantized, shape, model.head_dim));
  }
  folder.Write("config.json", ConfigOf(model));
  folder.Write("model.safetensors", file.bytes());
}

}  // namespace qwenjet::testing
