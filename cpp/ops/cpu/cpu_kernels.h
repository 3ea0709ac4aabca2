// SPDX-License-Identifier: Apache-2.0
// cpu: what one instruction-set path offers to the operators: a table of plain functions, each a
// unit of work for one thread. <op>_cpu.cc cuts an operator into units; <op>_kernel.h is the unit,
// a template over the path's vector type; path_<isa>.cc instantiates all of them in one object.
#pragma once

#include <cstdint>

#include "base/cpu_features.h"
#include "base/dtype.h"
#include "layout/kv_page.h"
#include "layout/quant_weight.h"

namespace qwenjet::ops::cpu {

// Up to four (tiles: kTileBlocks) blocks of 16 outputs for all rows. x and w agree with the path: x
// is bf16 only where uses_dot says so and w is bf16.
struct LinearPanel {
  const char* x = nullptr;
  int64_t x_stride_bytes = 0;
  DType x_dtype = DType::kFloat32;
  int64_t rows = 0;
  const char* w = nullptr;  // first block
  int64_t w_block_bytes = 0;
  int64_t w_pair_bytes = 0;  // tiles: from a pair of blocks, w_block_bytes apart, to the next
  int64_t num_lines = 0;     // lines of 64 bytes to be used of each block
  DType w_dtype = DType::kBFloat16;
  int32_t num_blocks = 0;
  int32_t num_cols = 0;         // valid columns of y
  bool gated = false;           // tiles: a pair is a gate and what it is multiplied to
  const float* bias = nullptr;  // [num_cols] or null
  char* y = nullptr;
  int64_t y_stride_bytes = 0;
  DType y_dtype = DType::kFloat32;
  float* partial = nullptr;  // scratch [rows][64]; of tiles [32][16 * kTileBlocks]
};
// Blocks of a panel of tiles, and the bytes of its `partial`.
inline constexpr int64_t kTileBlocks = 8;
inline constexpr int64_t kTilePartialBytes = 32 * kTileBlocks * layout::kTileN * 4;

// A row of x made int8, group by group, as one or two neighbouring rows of a tile
// (LinearQuantPanel). The sums depend on what the weight's scheme and the path's product leave to
// be added.
struct QuantizedRow {
  const char* x = nullptr;
  DType x_dtype = DType::kFloat32;
  int64_t k = 0;
  layout::QuantScheme scheme;
  int32_t terms = 1;          // 2: the next row of the tile is what rounding left
  char* codes = nullptr;      // 4 columns at a time, code_stride bytes apart, up to 32
  int64_t code_stride = 0;    // columns past k are zero
  float* scales = nullptr;    // a group; value_stride apart, as the others
  float* shifts = nullptr;    // -kIntegerBase (simd/int8_dot.h) times the scale
  int32_t* starts = nullptr;  // what a group's integer sum starts from
  float* sums = nullptr;      // kZeroPoint: sum of codes; kMinimum: that times the scale
  int64_t value_stride = 0;
};

// Blocks of 16 outputs of a quantised weight for quantised x: tiles of `quant_tile_rows` rows (an
// even number), the last of as many as QuantTileRows says, or for wide_panel of as many as the
// others. Of a tile of R rows and G groups:
//
//   [k / 4, rounded up to 32 columns][R][4 codes]  scales, shifts, starts, sums, each [G][R]
inline constexpr int64_t kMaxQuantBlocks = 16;
inline constexpr int64_t kQuantValues = 4;  // kinds of them
struct LinearQuantPanel {
  const layout::QuantWeight* w = nullptr;
  int64_t first_block = 0;
  int64_t num_blocks = 0;      // of y; <= kMaxQuantBlocks, and so are those of `wide`
  const char* wide = nullptr;  // wide_panel: blocks as widen_block makes them
  int64_t wide_block_bytes = 0;
  bool gated = false;       // wide_panel: a pair of blocks is a gate and what it is multiplied to
  const char* x = nullptr;  // first tile
  int64_t x_tile_bytes = 0;
  int64_t rows = 0;             // of tiles
  int32_t terms = 1;            // rows of tiles that are added to one row of y: 1 or 2
  const float* bias = nullptr;  // [N] or null
  char* y = nullptr;            // first row, output 0
  int64_t y_stride_bytes = 0;
  DType y_dtype = DType::kFloat32;
};

// Rows of the tile that takes `rows`: some sizes serve more rows than there are.
constexpr int QuantTileRows(int most, int64_t rows) {
  const int size = rows <= 4 ? static_cast<int>(rows) : rows <= 6 ? 6 : rows <= 8 ? 8 : most;
  return size < most ? size : most;
}

struct NormRow {
  float* x = nullptr;
  const float* delta = nullptr;  // or null
  const float* weight = nullptr;
  float eps = 0.0f;
  int64_t size = 0;
  char* y = nullptr;
  DType y_dtype = DType::kFloat32;
};

struct SwigluRow {
  const float* gate = nullptr;
  const float* up = nullptr;
  int64_t size = 0;
  char* y = nullptr;
  DType y_dtype = DType::kFloat32;
};

// One query block of one kv head: `rows` rows (query token x query head of the group) against the
// keys [key_begin, key_end) at absolute positions, in spans of 2048 (ops/attention/attention.h).
struct AttentionTask {
  // [rows][head_dim] packed: float32; bf16 where the path uses_dot and the pool is bf16; int16
  // codes with a scale a row where the pool is int8 and q_scale is given.
  const char* q = nullptr;
  int64_t q_stride_bytes = 0;
  const float* q_scale = nullptr;  // [rows]
  int32_t rows = 0;
  const int32_t* row_position = nullptr;  // [rows]
  const int32_t* row_window = nullptr;    // [rows]
  int32_t sink_len = 0;
  bool causal = true;
  float scale = 0.0f;
  int64_t kv_len = 0;
  layout::KvPool pool;
  int64_t kv_head = 0;
  const int32_t* pages = nullptr;  // the sequence's block table
  int64_t key_begin = 0;           // multiples of 64, inside one span
  int64_t key_end = 0;
  const float* rel_scores = nullptr;  // [rows][rel_rows], q . rel already scaled, or null
  int64_t rel_rows = 0;
  int64_t rel_row_of_zero = 0;
  char* scratch = nullptr;  // AttentionScratchBytes
  // The span's state, written: maximum, sum, and unnormalised output [rows][head_dim].
  float* max = nullptr;
  float* sum = nullptr;
  float* out = nullptr;
  int64_t* pages_touched = nullptr;  // added to
};

inline constexpr int32_t kMaxAttentionRows = 64;
inline constexpr int64_t kAttentionKeyBlock = 64;
inline constexpr int64_t kAttentionSpan = 2048;
// Scores [64][64] float32, probabilities [64][64] and, where those are int16 codes, their scales.
inline constexpr int64_t kAttentionScratchBytes =
    2 * kMaxAttentionRows * kAttentionKeyBlock * 4 + kMaxAttentionRows * 4;

// Two rotated vectors a pass: x [head_dim] in place.
struct RopeHead {
  const float* x = nullptr;
  const float* norm = nullptr;  // or null
  float eps = 0.0f;
  const float* cos = nullptr;  // [rotary_dim / 2]
  const float* sin = nullptr;
  int32_t head_dim = 0;
  int32_t rotary_dim = 0;
  float* y = nullptr;  // [head_dim] float32
};

// A stretch of one row of logits.
struct LogitSpan {
  const float* logits = nullptr;
  int64_t count = 0;
  const uint32_t* mask = nullptr;  // bit i of the stretch, 32-aligned start; null: all allowed
  float scale = 1.0f;              // 1 / temperature
};

struct CpuKernels {
  Isa isa = Isa::kPortable;
  bool uses_dot = false;
  void (*linear_panel)(const LinearPanel&) = nullptr;
  // Tiles (AMX): packs rows of bf16 x into [rows / 16][k / 32][16][32] and multiplies a panel. Null
  // where the path has none.
  void (*pack_rows)(const char* x, int64_t x_stride_bytes, int64_t rows, int64_t k,
                    char* packed) = nullptr;
  void (*tile_panel)(const LinearPanel&) = nullptr;
  int quant_tile_rows = 0;  // most rows of a tile of quantised x
  void (*quantize_row)(const QuantizedRow&) = nullptr;
  void (*linear_quant_panel)(const LinearQuantPanel&) = nullptr;
  // The same for many rows, from blocks that are unpacked once (linear_quant/wide_kernel.h). Null
  // where a path unpacks beside its products for nothing.
  void (*widen_block)(const layout::QuantWeight& w, int64_t block, char* out) = nullptr;
  void (*wide_panel)(const LinearQuantPanel&) = nullptr;
  // A block of a quantised weight as a block of a weight in the tile layout, of bf16 or float32.
  void (*dequantize_block)(const layout::QuantWeight& w, int64_t block, DType dtype,
                           char* out) = nullptr;
  void (*rms_norm)(const NormRow&) = nullptr;
  void (*swiglu)(const SwigluRow&) = nullptr;
  void (*widen)(const char* bf16, float* out, int64_t count) = nullptr;
  void (*narrow)(const float* x, char* bf16, int64_t count) = nullptr;
  // A vector as codes; returns the scale (ops/simd/quantize.h).
  float (*quantize_int8)(const float* x, int8_t* codes, int64_t count) = nullptr;
  float (*quantize_int16)(const float* x, int16_t* codes, int64_t count) = nullptr;
  void (*rope_head)(const RopeHead&) = nullptr;
  void (*attention_span)(const AttentionTask&) = nullptr;
  // Largest value of l * scale over the stretch, NaN ignored; -inf if none.
  float (*logit_max)(const LogitSpan&) = nullptr;
  // Sum of exp(l * scale - max).
  float (*logit_sum_exp)(const LogitSpan&, float max) = nullptr;
  // Writes the indices with l * scale > threshold, at most capacity; returns how many, and how far
  // it came in *end.
  int32_t (*logit_above)(const LogitSpan&, float threshold, int64_t begin, int32_t* indices,
                         int32_t capacity, int64_t* end) = nullptr;
  // Runs `passes` stretches of the path's float32, bf16 or int8 product out of the first-level
  // cache and returns how many FLOP, or integer operations, that was (ops/cpu/measure.h).
  double (*float32_rate)(int64_t passes) = nullptr;
  double (*bf16_rate)(int64_t passes) = nullptr;
  double (*int8_rate)(int64_t passes) = nullptr;
  // Reads memory as fast as the path can; bytes is a multiple of 256.
  float (*read_sum)(const char* data, int64_t bytes) = nullptr;
};

const CpuKernels& PortableKernels();
const CpuKernels& PortableVnniKernels();  // the logic of avx512-vnni in portable bodies
const CpuKernels& PortableDotKernels();   // the logic of avx512-bf16 in portable bodies
const CpuKernels& PortableTileKernels();  // the logic of amx in portable bodies
const CpuKernels& Avx2Kernels();
const CpuKernels& Avx512Kernels();
const CpuKernels& Avx512VnniKernels();
const CpuKernels& Avx512Bf16Kernels();
const CpuKernels& AmxKernels();

}  // namespace qwenjet::ops::cpu
