#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace isovox {
namespace {

// Node's file system names its errors so; the numbers differ between systems.
std::string ErrnoName(int error_number) {
  switch (error_number) {
#define ISOVOX_ERRNO(name) \
  case name:               \
    return #name;
    ISOVOX_ERRNO(EACCES) ISOVOX_ERRNO(EDQUOT) ISOVOX_ERRNO(EEXIST) ISOVOX_ERRNO(EFBIG) ISOVOX_ERRNO(EIO)
    ISOVOX_ERRNO(EISDIR) ISOVOX_ERRNO(ELOOP) ISOVOX_ERRNO(EMFILE) ISOVOX_ERRNO(ENFILE) ISOVOX_ERRNO(ENOENT)
    ISOVOX_ERRNO(ENOSPC) ISOVOX_ERRNO(ENOTDIR) ISOVOX_ERRNO(EPERM) ISOVOX_ERRNO(EROFS)
#undef ISOVOX_ERRNO
  }
  return std::to_string(error_number);
}

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
#define ISOVOX_ERROR_CODE(enumerator, name, meaning) \
  case ErrorCode::enumerator:                        \
    return name;
#include "base/error_codes.inc"
#undef ISOVOX_ERROR_CODE
  }
  return "ERR_INTERNAL";
}

std::string_view ErrorCodeMeaning(ErrorCode code) {
  switch (code) {
#define ISOVOX_ERROR_CODE(enumerator, name, meaning) \
  case ErrorCode::enumerator:                        \
    return meaning;
#include "base/error_codes.inc"
#undef ISOVOX_ERROR_CODE
  }
  return "";
}

Error& Error::With(std::string key, std::string value) {
  for (const auto& [known, ignored] : context_) {
    if (known == key) return *this;
  }
  context_.emplace_back(std::move(key), std::move(value));
  return *this;
}

Error InvalidArgument(std::string_view name, std::string_view expected, std::string_view actual) {
  std::string message = "Expected ";
  message.append(expected).append(" for ").append(name).append(" but received ").append(actual);
  return Error(ErrorCode::kInvalidArgument, std::move(message),
               {{"name", std::string(name)},
                {"expected", std::string(expected)},
                {"actual", std::string(actual)}});
}

Error IoError(std::string_view doing, const std::string& path, int error_number) {
  std::string message = "Could not ";
  message.append(doing).append(" ").append(path).append(": ").append(std::strerror(error_number));
  const ErrorCode code = error_number == ENOENT || error_number == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return Error(code, std::move(message),
               {{"path", path}, {"errno", ErrnoName(error_number)}});
}

}  // namespace isovox
