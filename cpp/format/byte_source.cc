// SPDX-License-Identifier: Apache-2.0
#include "format/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace qwenjet::format {
namespace {

constexpr size_t kMaxReadBytes = size_t{1} << 30;  // one pread moves at most about 2 GB on Linux

}  // namespace

Status ByteSource::CheckRange(uint64_t offset, uint64_t size_bytes) const {
  if (offset > size_ || size_bytes > size_ - offset) {
    return Error(StatusCode::kInvalidArgument, name_, ": expected a range inside its ", size_,
                 " bytes, got ", size_bytes, " bytes at ", offset);
  }
  return OkStatus();
}

Result<std::unique_ptr<ByteSource>> FileSource::Open(const std::string& path) {
  // O_NONBLOCK: a named pipe in place of a model must not hang the open.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    return Error(StatusCode::kNotFound, path, ": cannot be opened: ", std::strerror(errno));
  }
  struct stat info = {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 0) {
    ::close(descriptor);
    return Error(StatusCode::kNotFound, path, ": expected a regular file");
  }
  (void)::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<ByteSource>(
      new FileSource(path, static_cast<uint64_t>(info.st_size), descriptor));
}

FileSource::~FileSource() { ::close(descriptor_); }

Status FileSource::ReadAt(uint64_t offset, std::span<std::byte> dst) const {
  QJ_RETURN_IF_ERROR(CheckRange(offset, dst.size()));
  size_t done = 0;
  while (done < dst.size()) {
    const size_t wanted = std::min(dst.size() - done, kMaxReadBytes);
    const ssize_t count =
        ::pread(descriptor_, dst.data() + done, wanted, static_cast<off_t>(offset + done));
    if (count < 0) {
      if (errno == EINTR) continue;
      return Error(StatusCode::kNotFound, name(), ": reading ", wanted, " bytes at ", offset + done,
                   " failed: ", std::strerror(errno));
    }
    if (count == 0) {
      return Error(StatusCode::kCorruptModel, name(), ": expected ", size(),
                   " bytes as at opening, but the file now ends at ", offset + done);
    }
    done += static_cast<size_t>(count);
  }
  return OkStatus();
}

void FileSource::WillNeed(uint64_t offset, uint64_t size_bytes) const {
  if (!CheckRange(offset, size_bytes).ok()) return;
  (void)::posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(size_bytes),
                        POSIX_FADV_WILLNEED);
}

Status MemorySource::ReadAt(uint64_t offset, std::span<std::byte> dst) const {
  QJ_RETURN_IF_ERROR(CheckRange(offset, dst.size()));
  if (!dst.empty()) std::memcpy(dst.data(), bytes_.data() + offset, dst.size());
  return OkStatus();
}

Result<std::string> ReadTextFile(const std::string& path, uint64_t max_bytes) {
  auto opened = FileSource::Open(path);
  if (!opened.ok()) return opened.status();
  const ByteSource& file = **opened;
  if (file.size() > max_bytes) {
    return Error(StatusCode::kCorruptModel, path, ": expected at most ", max_bytes, " bytes, got ",
                 file.size());
  }
  std::string text(static_cast<size_t>(file.size()), '\0');
  QJ_RETURN_IF_ERROR(file.ReadAt(0, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace qwenjet::format
