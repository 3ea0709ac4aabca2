// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace qwenjet {
namespace {
constexpr int64_t kHugePage = 2 << 20;
}

Result<MemoryBlock> MemoryBlock::Create(int64_t size_bytes) {
  if (size_bytes < 0 || size_bytes > (int64_t{1} << 46)) {
    return Error(StatusCode::kInvalidArgument, "memory block: expected 0 to 2^46 bytes, got ",
                 size_bytes);
  }
  MemoryBlock block;
  if (size_bytes == 0) return block;
  const bool huge = size_bytes >= kHugePage;
  const int64_t extra = huge ? kHugePage : 0;
  void* raw = mmap(nullptr, static_cast<size_t>(size_bytes + extra), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) {
    return Error(StatusCode::kOutOfHostMemory, "expected ", size_bytes,
                 " bytes of memory from the system, got: ", std::strerror(errno));
  }
  auto* begin = static_cast<std::byte*>(raw);
  if (huge) {
    // Cut the mapping to an aligned range: huge pages cover only whole aligned 2 MB.
    const auto address = reinterpret_cast<uintptr_t>(begin);
    const auto skip = static_cast<int64_t>((kHugePage - address % kHugePage) % kHugePage);
    if (skip > 0) munmap(begin, static_cast<size_t>(skip));
    begin += skip;
    if (extra - skip > 0) {
      const auto tail =
          (reinterpret_cast<uintptr_t>(begin) + static_cast<uintptr_t>(size_bytes) + 4095) / 4096 *
          4096;
      const auto end =
          reinterpret_cast<uintptr_t>(raw) + static_cast<uintptr_t>(size_bytes + extra);
      const auto end_page = (end + 4095) / 4096 * 4096;
      if (end_page > tail) munmap(reinterpret_cast<void*>(tail), end_page - tail);
    }
    madvise(begin, static_cast<size_t>(size_bytes), MADV_HUGEPAGE);
  }
  block.data_ = begin;
  block.size_bytes_ = size_bytes;
  return block;
}

MemoryBlock::~MemoryBlock() {
  if (data_ != nullptr) munmap(data_, static_cast<size_t>(size_bytes_));
}

std::byte* GrowingBuffer::Reserve(int64_t size_bytes) {
  if (size_bytes > block_.size_bytes() || block_.data() == nullptr) {
    // Freed before the new one is taken: scratch holds nothing between operators.
    block_ = MemoryBlock();
    Result<MemoryBlock> grown = MemoryBlock::Create(size_bytes > 4096 ? size_bytes : 4096);
    if (!grown.ok()) return nullptr;
    block_ = std::move(*grown);
  }
  return block_.data();
}

}  // namespace qwenjet
