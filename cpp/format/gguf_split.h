// SPDX-License-Identifier: Apache-2.0
// format: the files of a GGUF model. Large ones come in parts, "NAME-00001-of-00003.gguf" and so on
// (llama.cpp's gguf-split): each is a GGUF file of its own tensors; the first holds the metadata.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "format/byte_source.h"
#include "format/gguf.h"

namespace qwenjet::format {

struct GgufFiles {
  std::vector<std::unique_ptr<ByteSource>> files;  // by TensorInfo::file_idx
  GgufMetadata metadata;
  std::vector<TensorInfo> tensors;  // by file and by offset in it; name = stored_name
};

// A whole model from its file, or from any of its parts, whose others must lie beside it.
// kNotFound names a part that is missing; kCorruptModel where parts do not fit each other, or
// where the name does not tell where the others are; otherwise as ReadGgufHeader.
Result<GgufFiles> OpenGgufFiles(const std::string& path);

}  // namespace qwenjet::format
