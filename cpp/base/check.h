// SPDX-License-Identifier: Apache-2.0
// base: the only macros of the project. Checks of arguments return a Status; DCHECK is for
// internal invariants and exists in debug builds alone.
#pragma once

#include <cassert>

#include "base/status.h"

#define QJ_DCHECK(condition) assert(condition)

// Returns the Status of `expression` from the enclosing function unless it is ok.
#define QJ_RETURN_IF_ERROR(expression)                                                    \
  do {                                                                                    \
    if (::qwenjet::Status qj_status_ = (expression); !qj_status_.ok()) return qj_status_; \
  } while (false)

#define QJ_CONCAT_INNER_(a, b) a##b
#define QJ_CONCAT_(a, b) QJ_CONCAT_INNER_(a, b)

// QJ_ASSIGN_OR_RETURN(auto file, MappedFile::Open(path));
#define QJ_ASSIGN_OR_RETURN(declaration, expression)                                            \
  auto QJ_CONCAT_(qj_result_, __LINE__) = (expression);                                         \
  if (!QJ_CONCAT_(qj_result_, __LINE__).ok()) return QJ_CONCAT_(qj_result_, __LINE__).status(); \
  declaration = std::move(QJ_CONCAT_(qj_result_, __LINE__)).value()
