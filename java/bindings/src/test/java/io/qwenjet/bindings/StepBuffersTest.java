// SPDX-License-Identifier: Apache-2.0
package io.qwenjet.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.qwenjet.bindings.capi.qj_logit_change;
import io.qwenjet.bindings.capi.qj_logit_row;
import io.qwenjet.bindings.capi.qj_step;
import org.junit.jupiter.api.Test;

/** What Java writes, read back through the generated accessors of the C structs. */
class StepBuffersTest {
  private static final int MAX_TOKENS = 8;

  private static StepBuffers buffers() {
    return new StepBuffers(MAX_TOKENS, 2, 3, 2, 4);
  }

  @Test
  void countsAndArraysReachTheStruct() {
    StepBuffers buffers = buffers();
    buffers.begin(5, 2, 1, 3, 100, 2, 0, 0, 0);
    buffers.tokenIds().put(4, 42);
    buffers.queryStart().put(2, 5);
    buffers.windowLen().put(0, StepBuffers.WINDOW_FULL);
    qj_step step = buffers.nativeStep();
    assertEquals(5, step.num_tokens());
    assertEquals(2, step.num_sequences());
    assertEquals(1, step.num_window_groups());
    assertEquals(3, step.num_rows());
    assertEquals(100, step.num_valid_tokens());
    assertEquals(42, step.token_ids().get(4));
    assertEquals(5, step.query_start().get(2));
    assertEquals(Integer.MAX_VALUE, step.window_len().get(0));
  }

  @Test
  void rowsReachTheStruct() {
    StepBuffers buffers = buffers();
    buffers.begin(5, 1, 1, 2, 0, 1, 0, 0, 0);
    buffers.setRow(1, 4, 0.5f, 64, 20, 1, 2, 3, 4, -1L);
    qj_logit_row row = buffers.nativeStep().rows().getPointer(1);
    assertEquals(4, row.token_index());
    assertEquals(0.5f, row.temperature());
    assertEquals(64, row.num_candidates());
    assertEquals(20, row.num_raw_top());
    assertEquals(1, row.changes_begin());
    assertEquals(2, row.changes_end());
    assertEquals(3, row.probes_begin());
    assertEquals(4, row.probes_end());
    assertEquals(-1L, row.mask_begin());
  }

  @Test
  void buffersGrowWithAStepThatNeedsMore() {
    StepBuffers buffers = buffers();
    int many = 10_000;
    buffers.begin(1, 1, 1, 1, 0, many, many, many, many);
    buffers.setChange(many - 1, 7, Float.NEGATIVE_INFINITY, 1.5f, 0.25f);
    buffers.blockTables().put(many - 1, 11);
    buffers.probes().put(many - 1, 12);
    buffers.masks().put(many - 1, 13);
    qj_step step = buffers.nativeStep();
    qj_logit_change change = step.changes().getPointer(many - 1);
    assertEquals(7, change.token());
    assertEquals(Float.NEGATIVE_INFINITY, change.bias());
    assertEquals(1.5f, change.repetition());
    assertEquals(0.25f, change.subtract());
    assertEquals(11, step.block_tables().get(many - 1));
    assertEquals(12, step.probes().get(many - 1));
    assertEquals(13, step.masks().get(many - 1));
    assertTrue(buffers.probeLogits().capacity() >= many);
    buffers.nativeResult().probe_ranks().put(many - 1, 3);
    assertEquals(3, buffers.probeRanks().get(many - 1));
  }

  @Test
  void aStepBeyondTheBuffersIsRefused() {
    StepBuffers buffers = buffers();
    NativeException e =
        assertThrows(
            NativeException.class, () -> buffers.begin(MAX_TOKENS + 1, 1, 1, 1, 0, 1, 0, 0, 0));
    assertEquals(StatusCode.INVALID_ARGUMENT, e.code());
    assertTrue(e.getMessage().contains("expected 0 to 8 tokens, got 9"), e.getMessage());
  }

  @Test
  void resultsOfEveryRowFit() {
    StepBuffers buffers = buffers();
    int last = 3 * StepBuffers.MAX_CANDIDATES - 1;
    buffers.nativeResult().candidate_ids().put(last, 9);
    assertEquals(9, buffers.candidateIds().get(last));
    assertEquals(last + 1, buffers.candidateProcessed().capacity());
    assertEquals(3 * StepBuffers.MAX_RAW_TOP, buffers.rawTopLogits().capacity());
  }
}
