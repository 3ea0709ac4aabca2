// SPDX-License-Identifier: Apache-2.0
// model: fills one segment of a matrix from its stored tensors, cut into slices of a few megabytes
// that the threads share.
#pragma once

#include "base/progress.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "model/held_matrix.h"
#include "model/matrix_spec.h"

namespace qwenjet::model {

// Bytes of read buffers that LoadSegment needs with this many threads.
int64_t LoadBufferBytes(int num_threads);

// kCancelled when progress says so; done_bytes has grown by the segment's stored bytes when this
// returns well.
Result<HeldSegment> LoadSegment(const format::Checkpoint& checkpoint, const SegmentSpec& spec,
                                DType compute, ThreadPool& threads, Progress* progress);

}  // namespace qwenjet::model
