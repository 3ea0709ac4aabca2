// SPDX-License-Identifier: Apache-2.0
#include "model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace qwenjet::model {
namespace {

constexpr double kPi = std::numbers::pi;

// theta^(2j/denominator) for j < count, with the exponent and the power rounded to float32.
std::vector<float> Periods(double theta, int64_t count, int64_t denominator) {
  std::vector<float> periods(static_cast<size_t>(count));
  for (int64_t j = 0; j < count; ++j) {
    const float exponent = static_cast<float>(2 * j) / static_cast<float>(denominator);
    periods[static_cast<size_t>(j)] =
        static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
  }
  return periods;
}

std::vector<float> InverseFrequencies(double theta, int64_t rotary_dim) {
  std::vector<float> values = Periods(theta, rotary_dim / 2, rotary_dim);
  for (float& value : values) value = 1.0f / value;
  return values;
}

double FactorOf(const RopeConfig& config, int64_t max_position) {
  if (config.factor) return *config.factor;
  return static_cast<double>(max_position) /
         static_cast<double>(std::max<int64_t>(config.original_max_position_embeddings, 1));
}

double DynamicTheta(const RopeConfig& config, int64_t rotary_dim, int64_t max_position,
                    int64_t rope_len) {
  if (rotary_dim <= 2) return config.theta;  // the exponent has no value; one angle needs no base
  const double factor = config.factor.value_or(1.0);
  const auto limit = static_cast<double>(max_position);
  const auto length = static_cast<double>(std::max(rope_len, max_position));
  const auto dim = static_cast<double>(rotary_dim);
  return config.theta * std::pow(factor * length / limit - (factor - 1.0), dim / (dim - 2.0));
}

double YarnMscale(double scale, double mscale) {
  return scale <= 1.0 ? 1.0 : 0.1 * mscale * std::log(scale) + 1.0;
}

double YarnAttentionFactor(const RopeConfig& config, double factor) {
  if (config.attention_factor) return *config.attention_factor;
  if (config.mscale != 0.0 && config.mscale_all_dim != 0.0) {
    return YarnMscale(factor, config.mscale) / YarnMscale(factor, config.mscale_all_dim);
  }
  return YarnMscale(factor, 1.0);
}

// The dimension whose wavelength makes `rotations` turns in the original context.
double YarnCorrection(const RopeConfig& config, double rotations, int64_t rotary_dim) {
  const auto original = static_cast<double>(config.original_max_position_embeddings);
  return static_cast<double>(rotary_dim) * std::log(original / (rotations * 2.0 * kPi)) /
         (2.0 * std::log(config.theta));
}

std::vector<float> YarnFrequencies(const RopeConfig& config, int64_t rotary_dim, double factor) {
  double low = YarnCorrection(config, config.beta_fast, rotary_dim);
  double high = YarnCorrection(config, config.beta_slow, rotary_dim);
  if (config.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(rotary_dim - 1));
  if (low == high) high += 0.001;
  std::vector<float> values = Periods(config.theta, rotary_dim / 2, rotary_dim);
  for (size_t j = 0; j < values.size(); ++j) {
    const float ramp = std::clamp(
        (static_cast<float>(j) - static_cast<float>(low)) / static_cast<float>(high - low), 0.0f,
        1.0f);
    const float kept = 1.0f - ramp;
    const float extrapolated = 1.0f / values[j];
    const float interpolated = 1.0f / (static_cast<float>(factor) * values[j]);
    values[j] = interpolated * (1.0f - kept) + extrapolated * kept;
  }
  return values;
}

std::vector<float> Llama3Frequencies(const RopeConfig& config, int64_t rotary_dim) {
  const auto factor = static_cast<float>(config.factor.value_or(1.0));
  const auto low = static_cast<float>(config.low_freq_factor);
  const auto original = static_cast<float>(config.original_max_position_embeddings);
  const auto low_wavelength = static_cast<float>(
      static_cast<double>(config.original_max_position_embeddings) / config.low_freq_factor);
  const auto high_wavelength = static_cast<float>(
      static_cast<double>(config.original_max_position_embeddings) / config.high_freq_factor);
  std::vector<float> values = InverseFrequencies(config.theta, rotary_dim);
  for (float& value : values) {
    const float wavelength = static_cast<float>(2.0 * kPi) / value;
    if (wavelength < high_wavelength) continue;
    if (wavelength > low_wavelength) {
      value = value / factor;
      continue;
    }
    const float smooth = (original / wavelength - low) /
                         static_cast<float>(config.high_freq_factor - config.low_freq_factor);
    value = (1.0f - smooth) * value / factor + smooth * value;
  }
  return values;
}

RopeTable Longrope(const RopeConfig& config, int64_t rotary_dim, int64_t max_position,
                   int64_t rope_len) {
  const double factor = FactorOf(config, max_position);
  const int64_t original = config.original_max_position_embeddings;
  RopeTable table;
  if (config.attention_factor) {
    table.attention_factor = static_cast<float>(*config.attention_factor);
  } else if (factor > 1.0 && original > 1) {
    table.attention_factor = static_cast<float>(
        std::sqrt(1.0 + std::log(factor) / std::log(static_cast<double>(original))));
  }
  const std::vector<float>& extension =
      rope_len > original ? config.long_factor : config.short_factor;
  table.inv_freq = Periods(config.theta, rotary_dim / 2, rotary_dim);
  for (size_t j = 0; j < table.inv_freq.size(); ++j) {
    table.inv_freq[j] = 1.0f / (extension[j] * table.inv_freq[j]);
  }
  return table;
}

std::vector<float> ProportionalFrequencies(const RopeConfig& config, int64_t head_dim) {
  const auto num_rotated =
      static_cast<size_t>(config.partial_rotary_factor * static_cast<double>(head_dim) / 2.0);
  std::vector<float> values = InverseFrequencies(config.theta, head_dim);
  for (size_t j = 0; j < values.size(); ++j) {
    values[j] =
        j < num_rotated ? values[j] / static_cast<float>(config.factor.value_or(1.0)) : 0.0f;
  }
  return values;
}

}  // namespace

const char* NameOf(RopeType type) {
  constexpr const char* kNames[] = {"default", "linear",   "dynamic",     "yarn",
                                    "llama3",  "longrope", "proportional"};
  return kNames[static_cast<size_t>(type)];
}

int64_t RotaryDim(const RopeConfig& config, int64_t head_dim) {
  if (config.type == RopeType::kProportional) return head_dim;
  return static_cast<int64_t>(static_cast<double>(head_dim) * config.partial_rotary_factor);
}

RopeTable ComputeRope(const RopeConfig& config, int64_t head_dim, int64_t max_position,
                      int64_t rope_len) {
  const int64_t rotary_dim = RotaryDim(config, head_dim);
  RopeTable table;
  switch (config.type) {
    case RopeType::kDefault:
      table.inv_freq = InverseFrequencies(config.theta, rotary_dim);
      break;
    case RopeType::kLinear:
      table.inv_freq = InverseFrequencies(config.theta, rotary_dim);
      for (float& value : table.inv_freq) value /= static_cast<float>(config.factor.value_or(1.0));
      break;
    case RopeType::kDynamic:
      table.inv_freq =
          InverseFrequencies(DynamicTheta(config, rotary_dim, max_position, rope_len), rotary_dim);
      break;
    case RopeType::kYarn: {
      const double factor = FactorOf(config, max_position);
      table.inv_freq = YarnFrequencies(config, rotary_dim, factor);
      table.attention_factor = static_cast<float>(YarnAttentionFactor(config, factor));
      break;
    }
    case RopeType::kLlama3:
      table.inv_freq = Llama3Frequencies(config, rotary_dim);
      break;
    case RopeType::kLongrope:
      table = Longrope(config, rotary_dim, max_position, rope_len);
      break;
    case RopeType::kProportional:
      table.inv_freq = ProportionalFrequencies(config, head_dim);
      break;
  }
  for (size_t j = 0; j < std::min(table.inv_freq.size(), config.freq_divisors.size()); ++j) {
    table.inv_freq[j] /= config.freq_divisors[j];
  }
  return table;
}

bool DependsOnLength(const RopeConfig& config) {
  return config.type == RopeType::kDynamic || config.type == RopeType::kLongrope;
}

}  // namespace qwenjet::model
