// Addresses of objects: "s3://bucket/key". Which endpoint and credentials answer for a bucket is an access (s3_client.h)
// that lib/ registers; it travels in the address as "s3://<number>@bucket/key", which no user may write and no message
// shows.
#pragma once

#include <string>
#include <string_view>

namespace isovox {

struct S3Uri {
  int access = 0;
  std::string bucket, key;

  std::string Text() const;  // without the number
  // Another object of the same bucket.
  S3Uri WithKey(std::string other) const { return {access, bucket, std::move(other)}; }
};

bool IsS3(std::string_view path);
// Throws ERR_INVALID_ARGUMENT for what is no such address. The key may be empty.
S3Uri ParseS3Uri(std::string_view path);
// A path, or a text with paths in it, as users see it: without the numbers of accesses.
std::string ShownPath(const std::string& text);

}  // namespace isovox
