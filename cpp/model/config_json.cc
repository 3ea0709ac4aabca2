// SPDX-License-Identifier: Apache-2.0
// model: the canonical configuration as JSON, for the Java side and for inspection.
#include "format/json.h"
#include "model/config.h"

namespace qwenjet::model {
namespace {

using format::JsonWriter;

void WriteInts(const char* key, const std::vector<int32_t>& values, JsonWriter* writer) {
  writer->Key(key);
  writer->BeginArray();
  for (const int32_t value : values) writer->Int(value);
  writer->EndArray();
}

void WriteInt(const char* key, int64_t value, JsonWriter* writer) {
  writer->Key(key);
  writer->Int(value);
}

void WriteNumber(const char* key, double value, JsonWriter* writer) {
  writer->Key(key);
  writer->Double(value);
}

void WriteBool(const char* key, bool value, JsonWriter* writer) {
  writer->Key(key);
  writer->Bool(value);
}

void WriteRope(const RopeConfig& rope, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("rope_type");
  writer->String(NameOf(rope.type));
  WriteNumber("rope_theta", rope.theta, writer);
  WriteNumber("partial_rotary_factor", rope.partial_rotary_factor, writer);
  if (rope.factor) WriteNumber("factor", *rope.factor, writer);
  if (rope.original_max_position_embeddings > 0) {
    WriteInt("original_max_position_embeddings", rope.original_max_position_embeddings, writer);
  }
  if (rope.attention_factor) WriteNumber("attention_factor", *rope.attention_factor, writer);
  WriteBool("depends_on_length", DependsOnLength(rope), writer);
  WriteBool("has_freq_divisors", !rope.freq_divisors.empty(), writer);
  writer->EndObject();
}

}  // namespace

std::string ConfigJson(const ModelConfig& config) {
  JsonWriter writer;
  writer.BeginObject();
  writer.Key("architecture");
  writer.String(NameOf(config.architecture));
  WriteInt("vocab_size", config.vocab_size, &writer);
  WriteInt("hidden_size", config.hidden_size, &writer);
  WriteInt("intermediate_size", config.intermediate_size, &writer);
  WriteInt("num_hidden_layers", config.num_layers, &writer);
  WriteInt("num_attention_heads", config.num_q_heads, &writer);
  WriteInt("num_key_value_heads", config.num_kv_heads, &writer);
  WriteInt("head_dim", config.head_dim, &writer);
  WriteNumber("rms_norm_eps", config.rms_norm_eps, &writer);
  WriteBool("tie_word_embeddings", config.tie_word_embeddings, &writer);
  WriteInt("max_position_embeddings", config.max_position_embeddings, &writer);
  WriteBool("qk_norm", config.qk_norm, &writer);
  WriteBool("qkv_bias", config.qkv_bias, &writer);
  WriteBool("o_bias", config.o_bias, &writer);
  WriteBool("mlp_bias", config.mlp_bias, &writer);
  WriteInts("layer_windows", config.layer_window, &writer);
  writer.Key("ropes");
  writer.BeginArray();
  for (const RopeConfig& rope : config.ropes) WriteRope(rope, &writer);
  writer.EndArray();
  WriteInts("layer_ropes", config.layer_rope, &writer);
  WriteBool("rope_depends_on_length", config.RopeDependsOnLength(), &writer);
  WriteInts("bos_token_id", config.bos_token_ids, &writer);
  WriteInts("eos_token_id", config.eos_token_ids, &writer);
  writer.Key("dtype");
  writer.String(config.dtype);
  writer.EndObject();
  return writer.Take();
}

}  // namespace qwenjet::model
