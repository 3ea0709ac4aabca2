// SPDX-License-Identifier: Apache-2.0
// format: internal to quant_config.cc: the object of each quantisation method. `where` names the
// checkpoint and the object, for messages.
#pragma once

#include <string>
#include <string_view>

#include "format/quant_config.h"

namespace qwenjet::format {

Result<QuantConfig> ParseGptqConfig(const JsonValue& object, const std::string& where);
Result<QuantConfig> ParseAwqConfig(const JsonValue& object, const std::string& where);
Result<QuantConfig> ParseFp8Config(const JsonValue& object, const std::string& where);
Result<QuantConfig> ParseCompressedTensorsConfig(const JsonValue& object, const std::string& where);

// The member of an object unless it is null.
const JsonValue* FindMember(const JsonValue& object, const char* key);
Status WrongKind(const std::string& where, std::string_view key, const char* expected,
                 const JsonValue& got);
Status CannotReadQuantized(const std::string& where, std::string_view what);

}  // namespace qwenjet::format
