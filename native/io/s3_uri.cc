#include "io/s3_uri.h"

#include <charconv>

#include "base/error.h"

namespace isovox {
namespace {

constexpr std::string_view kScheme = "s3://";

}  // namespace

std::string S3Uri::Text() const {
  std::string text(kScheme);
  text += bucket;
  if (!key.empty()) text.append("/").append(key);
  return text;
}

bool IsS3(std::string_view path) { return path.starts_with(kScheme); }

S3Uri ParseS3Uri(std::string_view path) {
  const auto wrong = [&] { return InvalidArgument("uri", "s3://bucket/key", ShownPath(std::string(path))); };
  if (!IsS3(path)) throw wrong();
  std::string_view rest = path.substr(kScheme.size());
  S3Uri uri;
  if (const size_t at = rest.find('@'); at != std::string_view::npos && at < rest.find('/')) {
    const auto [end, failed] = std::from_chars(rest.data(), rest.data() + at, uri.access);
    if (failed != std::errc() || end != rest.data() + at) throw wrong();
    rest.remove_prefix(at + 1);
  }
  const size_t slash = rest.find('/');
  uri.bucket = rest.substr(0, slash);
  if (slash != std::string_view::npos) uri.key = rest.substr(slash + 1);
  if (uri.bucket.size() < 3 || uri.bucket.size() > 63) throw wrong();
  for (const char c : uri.bucket) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!allowed) throw wrong();
  }
  if (uri.key.size() > 1024) throw InvalidArgument("uri", "a key of at most 1024 bytes", std::to_string(uri.key.size()));
  return uri;
}

std::string ShownPath(const std::string& text) {
  std::string out;
  size_t at = 0;
  for (size_t found; (found = text.find(kScheme, at)) != std::string::npos;) {
    const size_t begin = found + kScheme.size(), end = text.find_first_not_of("0123456789", begin);
    out.append(text, at, begin - at);
    at = end != std::string::npos && end > begin && text[end] == '@' ? end + 1 : begin;
  }
  return out.append(text, at);
}

}  // namespace isovox
