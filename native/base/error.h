// The one exception type of the native floor. Kernels never throw; rooms above them do.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace isovox {

enum class ErrorCode {
#define ISOVOX_ERROR_CODE(enumerator, name, meaning) enumerator,
#include "base/error_codes.inc"
#undef ISOVOX_ERROR_CODE
};

// The code as users see it, for instance "ERR_CORRUPT_DATA".
std::string_view ErrorCodeName(ErrorCode code);
std::string_view ErrorCodeMeaning(ErrorCode code);

// Named facts a handler can use: path, offset, tag, expected, actual, limit, requested.
using ErrorContext = std::vector<std::pair<std::string, std::string>>;

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, ErrorContext context = {})
      : code_(code), message_(std::move(message)), context_(std::move(context)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const ErrorContext& context() const { return context_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // Adds a fact that only a caller higher up knows, such as the path of the file being read.
  // A fact that is already there stays.
  Error& With(std::string key, std::string value);

 private:
  ErrorCode code_;
  std::string message_;
  ErrorContext context_;
};

// "Expected a positive number for spacing[0] but received -1".
Error InvalidArgument(std::string_view name, std::string_view expected, std::string_view actual);

// ERR_IO from errno, with the path and what was being done ("open", "read", "rename").
Error IoError(std::string_view doing, const std::string& path, int error_number);

}  // namespace isovox
