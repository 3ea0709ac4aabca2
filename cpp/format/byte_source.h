// SPDX-License-Identifier: Apache-2.0
// format: where the parsers read from: a file by pread, or memory (tests and fuzz targets).
// Deliberately not mmap: a file truncated while mapped kills the process with SIGBUS, where pread
// returns a short count that becomes a Status; and mapped pages would count as resident memory
// beside the tile copy. Reading the page cache by pread costs one copy into the caller's slice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace qwenjet::format {

// Thread-safe: sources are immutable after construction.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // The name that messages use.
  const std::string& name() const { return name_; }
  uint64_t size() const { return size_; }

  // Fills all of dst from offset, or fails: kInvalidArgument outside [0, size()], kCorruptModel if
  // the file has become shorter since it was opened, kNotFound if the system refuses to read.
  virtual Status ReadAt(uint64_t offset, std::span<std::byte> dst) const = 0;
  // Asks the system to start reading a range ahead; only a hint.
  virtual void WillNeed(uint64_t /*offset*/, uint64_t /*size_bytes*/) const {}

 protected:
  ByteSource(std::string name, uint64_t size) : name_(std::move(name)), size_(size) {}
  Status CheckRange(uint64_t offset, uint64_t size_bytes) const;

 private:
  std::string name_;
  uint64_t size_;
};

// A regular file, opened read-only; symbolic links are followed.
class FileSource final : public ByteSource {
 public:
  static Result<std::unique_ptr<ByteSource>> Open(const std::string& path);
  ~FileSource() override;

  Status ReadAt(uint64_t offset, std::span<std::byte> dst) const override;
  // The page cache is left warm behind a reader: it is not resident memory of the process, and
  // dropping it would make every later open as slow as the first.
  void WillNeed(uint64_t offset, uint64_t size_bytes) const override;

 private:
  FileSource(std::string path, uint64_t size, int descriptor)
      : ByteSource(std::move(path), size), descriptor_(descriptor) {}
  int descriptor_;
};

// Does not own the bytes.
class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string name, std::span<const std::byte> bytes)
      : ByteSource(std::move(name), bytes.size()), bytes_(bytes) {}
  Status ReadAt(uint64_t offset, std::span<std::byte> dst) const override;

 private:
  std::span<const std::byte> bytes_;
};

// The whole of a text file; kCorruptModel above max_bytes.
Result<std::string> ReadTextFile(const std::string& path, uint64_t max_bytes);

}  // namespace qwenjet::format
