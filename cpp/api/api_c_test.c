// SPDX-License-Identifier: Apache-2.0
/* The C API as a C program sees it: what every function says to null arguments, and a tiny model
   from opening to its next token. api_test.cc runs it; a failure is the line it happened at. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/qwenjet.h"

#define EXPECT(condition)              \
  do {                                 \
    if (!(condition)) return __LINE__; \
  } while (0)

int qj_c_test_null_arguments(const char* folder);
int qj_c_test_generate(const char* folder, const int32_t* prompt, int32_t num_prompt,
                       const int32_t* expected, int32_t num_expected);

static int32_t code_of(const char* name) {
  for (int32_t i = 0; i < qj_status_count(); ++i) {
    if (strcmp(qj_status_name(i), name) == 0) return i;
  }
  return -1;
}

/* An argument was refused, and the message names it. */
static int refused(int32_t status, const char* argument) {
  char message[256];
  if (status != code_of("kInvalidArgument")) return 0;
  return qj_last_error(message, sizeof message) > 0 && strstr(message, argument) != NULL;
}

static qj_model_options options_for_tests(void) {
  qj_model_options options;
  memset(&options, 0, sizeof options);
  options.compute_dtype = QJ_FLOAT32;
  options.isa = QJ_ISA_AUTO;
  options.num_threads = 1;
  options.page_size = 16;
  options.num_pages = 16;
  options.max_step_tokens = 64;
  options.max_step_sequences = 1;
  options.max_logit_rows = 1;
  return options;
}

int qj_c_test_null_arguments(const char* folder) {
  qj_checkpoint* checkpoint = NULL;
  qj_model* model = NULL;
  qj_progress* progress = NULL;
  qj_text* text = NULL;
  qj_memory_plan plan;
  qj_model_options options = options_for_tests();
  qj_step step;
  qj_step_result result;
  float values[1];
  double rate = 0;
  int64_t bytes = 0;
  memset(&step, 0, sizeof step);
  memset(&result, 0, sizeof result);

  /* What frees and closes takes null; so does what only looks. */
  qj_text_free(NULL);
  qj_checkpoint_close(NULL);
  qj_model_close(NULL);
  qj_progress_free(NULL);
  qj_progress_cancel(NULL);
  qj_progress_read(NULL, &bytes, &bytes);
  qj_model_cancel(NULL);
  EXPECT(qj_text_data(NULL) != NULL);
  EXPECT(qj_text_size(NULL) == 0);
  EXPECT(qj_model_isa(NULL) == QJ_ISA_AUTO);
  EXPECT(qj_last_error(NULL, 0) >= 0);
  EXPECT(qj_log_next(NULL, NULL, 0) >= 0);
  EXPECT(qj_version()[0] != 0);
  EXPECT(qj_status_name(-1) == NULL && qj_status_name(qj_status_count()) == NULL);
  EXPECT(qj_status_meaning(-1) == NULL && qj_status_meaning(0) != NULL);
  EXPECT(qj_isa_name(QJ_ISA_AUTO) == NULL && qj_isa_name(QJ_ISA_AMX + 1) == NULL);
  EXPECT(strcmp(qj_isa_name(QJ_ISA_AVX512_BF16), "avx512-bf16") == 0);
  EXPECT(qj_isa_supported(QJ_ISA_PORTABLE) == 1 && qj_isa_supported(99) == 0);
  EXPECT(qj_isa_supported(qj_isa_best()) == 1);

  EXPECT(refused(qj_measure_read_bandwidth(1, 4096, 1, NULL), "bytes_per_s"));
  EXPECT(refused(qj_measure_rate(QJ_ISA_PORTABLE, QJ_FLOAT32, 1, NULL), "flop_per_s"));
  EXPECT(qj_measure_read_bandwidth(0, 4096, 1, &rate) == code_of("kInvalidArgument"));
  EXPECT(qj_measure_rate(99, QJ_FLOAT32, 1, &rate) == code_of("kInvalidArgument"));
  EXPECT(qj_measure_rate(QJ_ISA_PORTABLE, 7, 1, &rate) == code_of("kInvalidArgument"));

  EXPECT(refused(qj_checkpoint_open(NULL, &checkpoint), "path"));
  EXPECT(refused(qj_checkpoint_open(folder, NULL), "checkpoint"));
  EXPECT(refused(qj_tensors_open(NULL, &checkpoint), "path"));
  EXPECT(refused(qj_tensors_open(folder, NULL), "checkpoint"));
  EXPECT(qj_checkpoint_open("", &checkpoint) == code_of("kNotFound"));
  EXPECT(checkpoint == NULL);
  EXPECT(refused(qj_checkpoint_open_memory(NULL, "{}", "", 0, &checkpoint), "name"));
  EXPECT(refused(qj_checkpoint_open_memory("m", NULL, "", 0, &checkpoint), "config_json"));
  EXPECT(refused(qj_checkpoint_open_memory("m", "{}", NULL, 0, &checkpoint), "weights"));
  EXPECT(refused(qj_checkpoint_open_memory("m", "{}", "", 0, NULL), "checkpoint"));
  EXPECT(refused(qj_checkpoint_open_memory("m", "{}", "", -1, &checkpoint), "size_bytes"));
  EXPECT(qj_checkpoint_open_memory("m", "{}", "", 0, &checkpoint) == code_of("kCorruptModel"));
  EXPECT(qj_checkpoint_open(folder, &checkpoint) == 0);

  EXPECT(refused(qj_checkpoint_config(NULL, &text), "checkpoint"));
  EXPECT(refused(qj_checkpoint_config(checkpoint, NULL), "json"));
  EXPECT(refused(qj_checkpoint_weights(NULL, QJ_FLOAT32, &text), "checkpoint"));
  EXPECT(refused(qj_checkpoint_weights(checkpoint, QJ_FLOAT32, NULL), "json"));
  EXPECT(refused(qj_checkpoint_weights(checkpoint, QJ_INT8, &text), "compute_dtype"));
  EXPECT(refused(qj_checkpoint_tensors(NULL, &text), "checkpoint"));
  EXPECT(refused(qj_checkpoint_tensors(checkpoint, NULL), "json"));
  EXPECT(refused(qj_checkpoint_metadata(NULL, &text), "checkpoint"));
  EXPECT(refused(qj_checkpoint_metadata(checkpoint, NULL), "json"));
  EXPECT(refused(qj_checkpoint_read(NULL, "model.norm.weight", values, 4), "checkpoint"));
  EXPECT(refused(qj_checkpoint_read(checkpoint, NULL, values, 4), "name"));
  EXPECT(refused(qj_checkpoint_read(checkpoint, "model.norm.weight", values, 4), "size_bytes"));
  qj_quantize_options how = {.bits = 4,
                             .group_size = 32,
                             .methods = QJ_QUANTIZE_RTN,
                             .isa = QJ_ISA_AUTO,
                             .num_threads = 1,
                             .max_shard_bytes = 1 << 20};
  EXPECT(refused(qj_quantize(NULL, &how, NULL, NULL, "", NULL, &text), "checkpoint"));
  EXPECT(refused(qj_quantize(checkpoint, NULL, NULL, NULL, "", NULL, &text), "options"));
  EXPECT(refused(qj_quantize(checkpoint, &how, NULL, NULL, NULL, NULL, &text), "folder"));
  EXPECT(refused(qj_quantize(checkpoint, &how, NULL, NULL, "", NULL, NULL), "report"));
  how.num_evaluation = 1;
  EXPECT(refused(qj_quantize(checkpoint, &how, NULL, NULL, "", NULL, &text), "token_ids"));
  how.num_evaluation = 0;
  how.bits = 3;
  EXPECT(refused(qj_quantize(checkpoint, &how, NULL, NULL, "", NULL, &text), "bits"));
  how.bits = 4;
  how.group_size = 96;
  EXPECT(refused(qj_quantize(checkpoint, &how, NULL, NULL, "", NULL, &text), "group_size"));
  how.group_size = 32;
  how.methods = 16;
  EXPECT(refused(qj_quantize(checkpoint, &how, NULL, NULL, "", NULL, &text), "methods"));
  EXPECT(refused(qj_checkpoint_read(checkpoint, "model.norm.weight", NULL, 128), "bytes"));
  EXPECT(qj_checkpoint_read(checkpoint, "no.such", values, 4) == code_of("kNotFound"));

  EXPECT(refused(qj_model_plan(NULL, &options, &plan), "checkpoint"));
  EXPECT(refused(qj_model_plan(checkpoint, NULL, &plan), "options"));
  EXPECT(refused(qj_model_plan(checkpoint, &options, NULL), "plan"));
  EXPECT(refused(qj_progress_create(NULL), "progress"));
  EXPECT(refused(qj_model_open(NULL, &options, NULL, &model), "checkpoint"));
  EXPECT(refused(qj_model_open(checkpoint, NULL, NULL, &model), "options"));
  EXPECT(refused(qj_model_open(checkpoint, &options, NULL, NULL), "model"));
  options.compute_dtype = 2;
  EXPECT(refused(qj_model_open(checkpoint, &options, NULL, &model), "compute_dtype"));
  options.compute_dtype = QJ_FLOAT32;
  options.isa = QJ_ISA_AMX + 1;
  EXPECT(refused(qj_model_open(checkpoint, &options, NULL, &model), "isa"));
  options.isa = QJ_ISA_AUTO;
  options.kv_cache = 2;
  EXPECT(refused(qj_model_open(checkpoint, &options, NULL, &model), "kv_cache"));
  options.kv_cache = QJ_KV_CACHE_INT8;
  EXPECT(model == NULL);
  EXPECT(qj_progress_create(&progress) == 0);
  EXPECT(qj_model_open(checkpoint, &options, progress, &model) == 0);
  qj_progress_read(progress, NULL, NULL);
  qj_progress_read(progress, &bytes, NULL);
  EXPECT(bytes > 0);
  qj_progress_free(progress);

  EXPECT(refused(qj_model_memory(NULL, &plan), "model"));
  EXPECT(refused(qj_model_memory(model, NULL), "held"));
  EXPECT(refused(qj_model_step(NULL, &step, &result), "model"));
  EXPECT(refused(qj_model_step(model, NULL, &result), "step"));
  EXPECT(refused(qj_model_step(model, &step, NULL), "result"));
  EXPECT(refused(qj_model_step(model, &step, &result), "num_tokens"));
  step.num_rows = 1;
  EXPECT(refused(qj_model_step(model, &step, &result), "lse_raw"));
  EXPECT(refused(qj_model_row(NULL, 0, 0, values, 1), "model"));
  EXPECT(refused(qj_model_row(model, 0, 0, NULL, 1), "logits"));
  EXPECT(refused(qj_model_hidden(NULL, 0, values, 1), "model"));
  EXPECT(refused(qj_model_hidden(model, 0, NULL, 1), "hidden"));
  EXPECT(refused(qj_model_copy_page(NULL, 0, 1), "model"));
  EXPECT(refused(qj_model_copy_page(model, 0, 16), "page"));
  qj_model_close(model);
  qj_checkpoint_close(checkpoint);
  return 0;
}

/* Runs tokens of one sequence and tells the likeliest next one; < 0: minus the failing line. */
static int32_t next_token(qj_model* model, const int32_t* tokens, int32_t count, int32_t kv_len,
                          int32_t* candidates, float* values) {
  enum { kPages = 8 };
  const int32_t query_start[2] = {0, count};
  const int32_t table_start[2] = {0, kPages};
  const int32_t tables[kPages] = {9, 1, 8, 2, 7, 3, 6, 4};
  const int32_t rope_len = 128;
  const int32_t layer_group[2] = {0, 0};
  const int32_t sink_len = 0;
  int32_t window_len[64], num_candidates = 0, raw_ids[QJ_MAX_RAW_TOP];
  float lse[2], raw_logits[QJ_MAX_RAW_TOP];
  qj_logit_row row;
  qj_step step;
  qj_step_result result;
  for (int32_t i = 0; i < count; ++i) window_len[i] = QJ_WINDOW_FULL;
  memset(&row, 0, sizeof row);
  row.token_index = count - 1;
  row.temperature = 1;
  row.num_candidates = 3;
  row.mask_begin = -1;
  memset(&step, 0, sizeof step);
  step.num_tokens = count;
  step.num_sequences = 1;
  step.num_window_groups = 1;
  step.num_rows = 1;
  step.token_ids = tokens;
  step.query_start = query_start;
  step.kv_len = &kv_len;
  step.block_table_start = table_start;
  step.block_tables = tables;
  step.rope_len = &rope_len;
  step.layer_group = layer_group;
  step.window_len = window_len;
  step.sink_len = &sink_len;
  step.rows = &row;
  memset(&result, 0, sizeof result);
  result.lse_raw = &lse[0];
  result.lse_processed = &lse[1];
  result.num_candidates = &num_candidates;
  result.candidate_ids = candidates;
  result.candidate_raw = values;
  result.candidate_processed = values + QJ_MAX_CANDIDATES;
  result.raw_top_ids = raw_ids;
  result.raw_top_logits = raw_logits;
  if (qj_model_step(model, &step, &result) != 0) return -__LINE__;
  if (num_candidates != 3 || !(values[0] >= values[1]) || !isfinite(lse[0])) return -__LINE__;
  return candidates[0];
}

int qj_c_test_generate(const char* folder, const int32_t* prompt, int32_t num_prompt,
                       const int32_t* expected, int32_t num_expected) {
  qj_checkpoint* checkpoint = NULL;
  qj_model* model = NULL;
  qj_text* text = NULL;
  const qj_model_options options = options_for_tests();
  int32_t* candidates = malloc(QJ_MAX_CANDIDATES * sizeof *candidates);
  float* values = malloc(2 * QJ_MAX_CANDIDATES * sizeof *values);
  EXPECT(candidates != NULL && values != NULL);
  EXPECT(qj_checkpoint_open(folder, &checkpoint) == 0);
  EXPECT(qj_checkpoint_config(checkpoint, &text) == 0);
  EXPECT((size_t)qj_text_size(text) == strlen(qj_text_data(text)));
  EXPECT(strstr(qj_text_data(text), "\"hidden_size\"") != NULL);
  qj_text_free(text);
  EXPECT(qj_model_open(checkpoint, &options, NULL, &model) == 0);
  qj_checkpoint_close(checkpoint);
  int32_t token = next_token(model, prompt, num_prompt, num_prompt, candidates, values);
  for (int32_t i = 0; i < num_expected; ++i) {
    EXPECT(token == expected[i]);
    token = next_token(model, &token, 1, num_prompt + i + 1, candidates, values);
  }
  qj_model_cancel(model);
  EXPECT(next_token(model, prompt, 1, 1, candidates, values) < 0);
  char message[8];
  EXPECT(qj_last_error(message, sizeof message) > 7 && strlen(message) == 7);
  qj_model_close(model);
  free(candidates);
  free(values);
  return 0;
}
