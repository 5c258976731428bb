// Signature Version 4 of AWS (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html): what a request must
// carry so that the server believes who sent it. S3's variant: each part of the path is encoded once, nothing is
// normalised.
#pragma once

#include <cstddef>
#include <ctime>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isovox {

struct S3Credentials {
  std::string access_key, secret_key, session_token;

  bool anonymous() const { return access_key.empty(); }
};

struct RequestToSign {
  std::string method;
  std::string path;                           // already encoded, begins with "/"
  std::map<std::string, std::string> query;   // plain; sorted and encoded here
  std::map<std::string, std::string> headers; // lower-case names, "host" among them; all of them are signed
  std::string payload_sha256;                 // lower-case hex, or UNSIGNED-PAYLOAD
};

// The value of the Authorization header. `headers` must hold what is to be signed, x-amz-date among them.
std::string AuthorizationFor(const RequestToSign& request, const S3Credentials& credentials, const std::string& region,
                             const std::string& service, const std::string& amz_date);

// "20130524T000000Z".
std::string AmzDate(std::time_t now);
// Everything but letters, digits and -._~ as %XX; "/" stays in paths.
std::string UriEncode(std::string_view text, bool keep_slash);
// name=value joined by &, sorted by encoded name.
std::string CanonicalQuery(const std::map<std::string, std::string>& query);
std::string Sha256Hex(std::span<const std::byte> bytes);

}  // namespace isovox
