// SPDX-License-Identifier: Apache-2.0
// The flat C API of Qwenjet: opaque handles, plain structs, int32 status. The only header that
// JavaCPP parses; usable from C99. Conventions that hold everywhere:
//   - Functions that can fail return a qj_status number and write results to out-parameters, which
//     are untouched on failure. qj_last_error gives the calling thread's message.
//   - Text is UTF-8 and null-terminated going in; coming out it is a qj_text that the caller frees.
//   - Close and free functions accept NULL. A handle that is closed must not be used again.
//   - A qj_model is used by one thread at a time (the owner of its steps); qj_model_cancel and the
//     qj_progress functions may be called from any thread.
//   - Nothing is written to standard output or standard error.
#ifndef QWENJET_API_QWENJET_H_
#define QWENJET_API_QWENJET_H_

#include <stdint.h>

#if defined(_WIN32)
#define QJ_API __declspec(dllexport)
#else
#define QJ_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Library --------------------------------------------------------------------------------

// "0.1.0": equals the version of the Java classes that were built with it.
QJ_API const char* qj_version(void);

// Status numbers are 0 .. qj_status_count() - 1; NULL for a number outside.
QJ_API int32_t qj_status_count(void);
QJ_API const char* qj_status_name(int32_t status);
QJ_API const char* qj_status_meaning(int32_t status);

// Copies the calling thread's last error message (cut to capacity - 1 bytes, null-terminated) and
// returns its whole length in bytes; 0 if this thread has seen no error.
QJ_API int64_t qj_last_error(char* buffer, int64_t capacity);

// Takes the oldest message from the native log queue (bounded: the oldest fall out). Returns 1 and
// fills level (0 debug, 1 info, 2 warning, 3 error) and buffer; 0 when the queue is empty.
QJ_API int32_t qj_log_next(int32_t* level, char* buffer, int64_t capacity);

typedef struct qj_text qj_text;
QJ_API const char* qj_text_data(const qj_text* text);
QJ_API int64_t qj_text_size(const qj_text* text);
QJ_API void qj_text_free(qj_text* text);

// ---- Processor ------------------------------------------------------------------------------

// Instruction-set paths, each including the ones before it.
typedef enum qj_isa {
  QJ_ISA_AUTO = -1,
  QJ_ISA_PORTABLE = 0,
  QJ_ISA_AVX2 = 1,
  QJ_ISA_AVX512 = 2,
  QJ_ISA_AVX512_VNNI = 3,
  QJ_ISA_AVX512_BF16 = 4,
  QJ_ISA_AMX = 5
} qj_isa;

// Number types; which of them a function takes is said there.
typedef enum qj_dtype { QJ_FLOAT32 = 0, QJ_BFLOAT16 = 1, QJ_INT8 = 2 } qj_dtype;

QJ_API const char* qj_isa_name(int32_t isa);   // "avx512-bf16"; NULL outside the list
QJ_API int32_t qj_isa_supported(int32_t isa);  // 1 if this machine and system can run it
QJ_API int32_t qj_isa_best(void);              // the fastest supported path: QJ_ISA_AUTO

// Measured limits of this machine, for benchmarks: best of `repeat` sweeps.
// Read bandwidth over `bytes` of huge-page memory, in bytes per second.
QJ_API int32_t qj_measure_read_bandwidth(int32_t num_threads, int64_t bytes, int32_t repeat,
                                         double* bytes_per_s);
// Arithmetic rate of the path's matrix instruction for a qj_dtype, on registers or tiles fed from
// the first-level cache: FLOP/s, with QJ_INT8 integer operations (a product and a sum are two).
QJ_API int32_t qj_measure_rate(int32_t isa, int32_t dtype, int32_t num_threads, double* flop_per_s);

// ---- Checkpoint -----------------------------------------------------------------------------

typedef struct qj_checkpoint qj_checkpoint;

// A checkpoint folder (config.json and safetensors, single or sharded) or a .gguf file.
QJ_API int32_t qj_checkpoint_open(const char* path, qj_checkpoint** checkpoint);
// A checkpoint whose two files lie in memory: the text of config.json and the bytes of one
// .safetensors file, which are copied. Messages and the list of tensors call it by `name`.
QJ_API int32_t qj_checkpoint_open_memory(const char* name, const char* config_json,
                                         const void* weights, int64_t size_bytes,
                                         qj_checkpoint** checkpoint);
// One .safetensors file as a bare container of tensors, without a configuration.
QJ_API int32_t qj_tensors_open(const char* path, qj_checkpoint** checkpoint);
QJ_API void qj_checkpoint_close(qj_checkpoint* checkpoint);

// The configuration in its canonical form, as one JSON object (keys as in config.json).
QJ_API int32_t qj_checkpoint_config(const qj_checkpoint* checkpoint, qj_text** json);
// [{"name", "dtype", "shape", "size_bytes", "file"}]; shape is outermost first.
QJ_API int32_t qj_checkpoint_tensors(const qj_checkpoint* checkpoint, qj_text** json);
// GGUF metadata as one JSON object, arrays whole; "{}" for safetensors.
QJ_API int32_t qj_checkpoint_metadata(const qj_checkpoint* checkpoint, qj_text** json);
// Copies the stored bytes of a tensor; size_bytes must be its size.
QJ_API int32_t qj_checkpoint_read(const qj_checkpoint* checkpoint, const char* name, void* bytes,
                                  int64_t size_bytes);

// ---- Model ----------------------------------------------------------------------------------

typedef struct qj_model qj_model;

// What products with quantised weights do with their inputs. Rounded ones have a scale for each
// group of the weight; a path may widen the weights in panels instead, where it does that faster
// (amx).
typedef enum qj_activations {
  QJ_ACTIVATIONS_AUTO = 0,   // in float32 exact; in bfloat16 int8, or int16 where hidden_size is
                             // below 1024
  QJ_ACTIVATIONS_EXACT = 1,  // inputs stay in the compute type
  QJ_ACTIVATIONS_INT8 = 2,
  QJ_ACTIVATIONS_INT16 = 3  // two terms of 8 bits: twice the integer products
} qj_activations;

// What the KV cache holds.
typedef enum qj_kv_cache {
  QJ_KV_CACHE_COMPUTE = 0,  // keys and values in compute_dtype
  QJ_KV_CACHE_INT8 = 1      // int8 codes with a float32 scale for each vector of a head
} qj_kv_cache;

typedef struct qj_model_options {
  int32_t compute_dtype;       // qj_dtype: QJ_BFLOAT16 (float32 accumulation) or QJ_FLOAT32
  int32_t isa;                 // qj_isa
  int32_t num_threads;         // >= 1
  int32_t page_size;           // tokens a KV page: a power of two, 16 .. 1024
  int64_t num_pages;           // pages in the pool; their memory is committed on first use
  int32_t max_step_tokens;     // most tokens one step may carry
  int32_t max_step_sequences;  // most sequences one step may carry
  int32_t max_logit_rows;      // most rows of logits one step may ask for
  int32_t activations;         // qj_activations
  int32_t kv_cache;            // qj_kv_cache
} qj_model_options;

// Bytes of host memory. As a plan: what opening would take; from a model: what it holds.
typedef struct qj_memory_plan {
  int64_t weights_bytes;         // as held in tiles, quantised weights as such
  int64_t kv_page_bytes;         // one page over all layers, K and V
  int64_t kv_pool_bytes;         // kv_page_bytes * num_pages
  int64_t activation_bytes;      // buffers of a step of max_step_tokens and max_logit_rows
  int64_t load_bytes;            // needed while loading only (read slices)
  int64_t parameters;            // elements of all weights, a tied head counted once
  int64_t embedding_parameters;  // elements of the embedding and of an untied head
  int64_t embedding_bytes;       // the same as held
  int64_t head_bytes;            // the head as held, which may be the embedding
  int64_t quantized_parameters;  // elements that are held quantised
} qj_memory_plan;

// How the weights would be held, as one JSON object: "method" (the checkpoint's quant_method,
// "gguf", or null for plain weights) and "forms", most elements first: [{"form", "bits",
// "group_size", "scales", "offsets", "parameters", "size_bytes"}], of dense forms "form", "bits",
// "parameters" and "size_bytes". compute_dtype as in qj_model_options.
QJ_API int32_t qj_checkpoint_weights(const qj_checkpoint* checkpoint, int32_t compute_dtype,
                                     qj_text** json);

QJ_API int32_t qj_model_plan(const qj_checkpoint* checkpoint, const qj_model_options* options,
                             qj_memory_plan* plan);

// Progress of a running qj_model_open; read and cancelled from any thread.
typedef struct qj_progress qj_progress;
QJ_API int32_t qj_progress_create(qj_progress** progress);
QJ_API void qj_progress_free(qj_progress* progress);
QJ_API void qj_progress_read(const qj_progress* progress, int64_t* done_bytes,
                             int64_t* total_bytes);
QJ_API void qj_progress_cancel(qj_progress* progress);

// Loads the weights into the tile layout of the path and reserves the KV pool. The checkpoint may
// be closed afterwards. progress may be NULL.
QJ_API int32_t qj_model_open(const qj_checkpoint* checkpoint, const qj_model_options* options,
                             qj_progress* progress, qj_model** model);
QJ_API void qj_model_close(qj_model* model);
QJ_API int32_t qj_model_memory(const qj_model* model, qj_memory_plan* held);
QJ_API int32_t qj_model_isa(const qj_model* model);  // the path that was chosen
// Makes the running step and every later one return kCancelled at its next layer.
QJ_API void qj_model_cancel(qj_model* model);

// ---- Step -----------------------------------------------------------------------------------

// One change to one logit, applied in the order of the fields: l += bias (-inf excludes the
// token); then, unless repetition is 1, l = l > 0 ? l / repetition : l * repetition; l -= subtract.
typedef struct qj_logit_change {
  int32_t token;
  float bias;
  float repetition;
  float subtract;
} qj_logit_change;

// One row of logits that a step shall compute. Ranges are half-open indices into the step's
// changes, probes and masks arrays.
typedef struct qj_logit_row {
  int32_t token_index;     // which of the step's tokens
  float temperature;       // > 0; processed logits are divided by it
  int32_t num_candidates;  // 0 .. QJ_MAX_CANDIDATES
  int32_t num_raw_top;     // 0 .. QJ_MAX_RAW_TOP
  int32_t changes_begin;
  int32_t changes_end;
  int32_t probes_begin;  // tokens whose raw logit and rank are wanted
  int32_t probes_end;
  int64_t mask_begin;  // first word of a mask of ceil(vocab_size / 32) words, bit 1 = allowed,
                       // bit t % 32 of word t / 32 is token t; -1: no mask
} qj_logit_row;

#define QJ_MAX_CANDIDATES 1024
#define QJ_MAX_RAW_TOP 20
#define QJ_WINDOW_FULL 2147483647

// What a step computes: any mix of prompt chunks and single tokens of many sequences. Sequence s
// owns tokens [query_start[s], query_start[s + 1]), at positions kv_len[s] - count .. kv_len[s] -
// 1, and the pages block_tables[block_table_start[s] .. block_table_start[s + 1]); page p of a
// sequence holds its positions p * page_size ..; -1 marks a page that was freed (no window reaches
// it). A query at position p sees key j <= p iff j < sink_len or p - j < window_len.
typedef struct qj_step {
  int32_t num_tokens;
  int32_t num_sequences;
  int32_t num_window_groups;  // >= 1; layers that share a window policy
  int32_t num_rows;
  int32_t num_valid_tokens;          // logits of ids from here on are -inf; 0: the whole vocabulary
  const int32_t* token_ids;          // [num_tokens]
  const int32_t* query_start;        // [num_sequences + 1]
  const int32_t* kv_len;             // [num_sequences] tokens in the cache after this step
  const int32_t* block_table_start;  // [num_sequences + 1]
  const int32_t* block_tables;       // page ids
  const int32_t* rope_len;           // [num_sequences] for rope types that depend on the length:
                                     // prompt length + max_tokens, fixed at admission
  const int32_t* layer_group;        // [num_layers] window group of each layer
  const int32_t* window_len;         // [num_window_groups][num_tokens]
  const int32_t* sink_len;           // [num_window_groups][num_sequences]
  const qj_logit_row* rows;          // [num_rows]
  const qj_logit_change* changes;
  const int32_t* probes;  // token ids
  const uint32_t* masks;
} qj_step;

// Where results go; the caller owns the arrays. Candidates are sorted by processed logit, lowest id
// first on ties; excluded tokens (-inf) are never candidates. Raw values are before changes, masks
// and temperature; processed values after all of them (divided by temperature).
typedef struct qj_step_result {
  float* lse_raw;              // [num_rows] log-sum-exp of the raw row
  float* lse_processed;        // [num_rows] of the processed row
  int32_t* num_candidates;     // [num_rows] how many were found
  int32_t* candidate_ids;      // [num_rows][QJ_MAX_CANDIDATES]
  float* candidate_raw;        // [num_rows][QJ_MAX_CANDIDATES]
  float* candidate_processed;  // [num_rows][QJ_MAX_CANDIDATES]
  int32_t* raw_top_ids;        // [num_rows][QJ_MAX_RAW_TOP] by raw logit
  float* raw_top_logits;       // [num_rows][QJ_MAX_RAW_TOP]
  float* probe_logits;         // [probes] raw
  int32_t* probe_ranks;        // [probes] 1 + number of tokens with a greater raw logit
} qj_step_result;

QJ_API int32_t qj_model_step(qj_model* model, const qj_step* step, qj_step_result* result);

// A whole row of the last step, [vocab_size]: raw (processed = 0) or processed (1).
QJ_API int32_t qj_model_row(const qj_model* model, int32_t row, int32_t processed, float* logits,
                            int64_t count);
// The final-norm output of the last step's token, [hidden_size].
QJ_API int32_t qj_model_hidden(const qj_model* model, int32_t token_index, float* hidden,
                               int64_t count);
// Copies a KV page of every layer (copy on write of shared prompts).
QJ_API int32_t qj_model_copy_page(qj_model* model, int32_t from_page, int32_t to_page);

// ---- Quantising -----------------------------------------------------------------------------

// Bits of qj_quantize_options.methods.
typedef enum qj_quantize_method {
  QJ_QUANTIZE_RTN = 1,      // round to nearest, scales by search
  QJ_QUANTIZE_AWQ = 2,      // the same after activation-aware scaling
  QJ_QUANTIZE_GPTQ = 4,     // errors of a column are made up for in later ones
  QJ_QUANTIZE_AWQ_GPTQ = 8  // both
} qj_quantize_method;

typedef struct qj_quantize_options {
  int32_t bits;                 // 4 or 8
  int32_t group_size;           // columns that share a scale: 32, 64 or 128
  int32_t asymmetric;           // 1: a zero point a group
  int32_t methods;              // which are tried
  int32_t quantize_embeddings;  // 1: the embedding and an untied head in 8 bits, a scale a row
  int32_t isa;                  // qj_isa
  int32_t num_threads;          // >= 1
  int32_t num_calibration;      // sequences that methods are fitted to; 0: none (RTN alone)
  int32_t num_evaluation;       // sequences behind them that results are measured on
  int64_t max_shard_bytes;      // of one file
} qj_quantize_options;

// Writes a quantised copy of the checkpoint's weights for every method: folder/rtn, awq, gptq or
// awq-gptq with safetensors in the pack-quantized form of compressed-tensors. folder exists, those
// do not. token_ids holds the sequences behind each other, sequence_len their lengths; both may be
// NULL where there are none. Blocks; progress may be NULL. The report is one JSON object:
// "ignore", "parameters", "quantized_parameters", "bits_per_weight", "calibration_tokens",
// "evaluation_tokens", "original" and "methods" with the quality of each.
QJ_API int32_t qj_quantize(const qj_checkpoint* checkpoint, const qj_quantize_options* options,
                           const int32_t* token_ids, const int32_t* sequence_len,
                           const char* folder, qj_progress* progress, qj_text** report);

#ifdef __cplusplus
}
#endif
#endif  // QWENJET_API_QWENJET_H_
