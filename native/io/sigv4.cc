#include "io/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <mutex>

#include "base/error.h"

namespace isovox {
namespace {

using Digest = std::array<unsigned char, 32>;

std::string Hex(const Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Digest Sha256(const void* data, size_t size) {
  Digest digest;
  if (EVP_Digest(data, size, digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw Error(ErrorCode::kInternal, "SHA-256 failed", {{"where", "sigv4"}});
  }
  return digest;
}

Digest Hmac(const void* key, size_t key_size, std::string_view text) {
  Digest digest;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key, static_cast<int>(key_size), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           digest.data(), &size) == nullptr) {
    throw Error(ErrorCode::kInternal, "HMAC-SHA-256 failed", {{"where", "sigv4"}});
  }
  return digest;
}

// The key of a day, region and service; four HMACs that thousands of requests share.
Digest SigningKey(const std::string& secret, const std::string& day, const std::string& region, const std::string& service) {
  static auto& mutex = *new std::mutex;
  static auto& last = *new std::pair<std::string, Digest>;
  const std::string name = secret + "\n" + day + "\n" + region + "\n" + service;
  const std::lock_guard lock(mutex);
  if (last.first != name) {
    const std::string first = "AWS4" + secret;
    Digest key = Hmac(first.data(), first.size(), day);
    for (const std::string_view part : {std::string_view(region), std::string_view(service), std::string_view("aws4_request")}) {
      key = Hmac(key.data(), key.size(), part);
    }
    last = {name, key};
  }
  return last.second;
}

// Runs of blanks become one, ends are trimmed.
std::string Trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if ((c == ' ' || c == '\t') && (out.empty() || out.back() == ' ')) continue;
    out += c == '\t' ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::string Sha256Hex(std::span<const std::byte> bytes) { return Hex(Sha256(bytes.data(), bytes.size())); }

std::string AmzDate(std::time_t now) {
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

std::string UriEncode(std::string_view text, bool keep_slash) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                       c == '_' || c == '~' || (keep_slash && c == '/');
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string CanonicalQuery(const std::map<std::string, std::string>& query) {
  std::map<std::string, std::string> encoded;
  for (const auto& [name, value] : query) encoded[UriEncode(name, false)] = UriEncode(value, false);
  std::string text;
  for (const auto& [name, value] : encoded) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

std::string AuthorizationFor(const RequestToSign& request, const S3Credentials& credentials, const std::string& region,
                             const std::string& service, const std::string& amz_date) {
  std::string canonical_headers, signed_headers;
  for (const auto& [name, value] : request.headers) {
    canonical_headers += name + ":" + Trimmed(value) + "\n";
    signed_headers += (signed_headers.empty() ? "" : ";") + name;
  }
  const std::string canonical = request.method + "\n" + request.path + "\n" + CanonicalQuery(request.query) + "\n" +
                                canonical_headers + "\n" + signed_headers + "\n" + request.payload_sha256;
  const std::string day = amz_date.substr(0, 8);
  const std::string scope = day + "/" + region + "/" + service + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + amz_date + "\n" + scope + "\n" + Hex(Sha256(canonical.data(), canonical.size()));
  const Digest key = SigningKey(credentials.secret_key, day, region, service);
  return "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + "/" + scope + ", SignedHeaders=" + signed_headers +
         ", Signature=" + Hex(Hmac(key.data(), key.size(), to_sign));
}

}  // namespace isovox
