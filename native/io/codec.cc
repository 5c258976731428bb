#include "io/codec.h"

#include <cstring>

#include "base/error.h"
#include "io/crc32c.h"
#include "io/gzip.h"

namespace isovox {
namespace {

std::vector<std::byte> EncodeGzip(std::span<const std::byte> bytes, const CodecSettings& settings) {
  return Gzip(bytes, settings.level);
}

// The bytes, then their CRC-32C in four bytes, little endian.
size_t DecodeCrc32c(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const auto content = WithoutCrc32c(bytes);
  if (content.size() > into.size()) throw Error(ErrorCode::kCorruptData, "The data hold more than declared");
  if (!content.empty()) std::memcpy(into.data(), content.data(), content.size());
  return content.size();
}

std::vector<std::byte> EncodeCrc32c(std::span<const std::byte> bytes, const CodecSettings&) {
  std::vector<std::byte> out(bytes.begin(), bytes.end());
  const uint32_t crc = Crc32c(bytes);
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::byte>(crc >> shift & 255));
  return out;
}

constexpr ByteCodec kCodecs[] = {
    {"zstd", DecodeZstd, DecodeZstdPart, EncodeZstd},
    {"blosc", DecodeBlosc, DecodeBloscPart, EncodeBlosc},
    {"gzip", GunzipInto, nullptr, EncodeGzip},
    {"crc32c", DecodeCrc32c, nullptr, EncodeCrc32c},
};

}  // namespace

const ByteCodec* FindByteCodec(std::string_view name) {
  for (const ByteCodec& codec : kCodecs) {
    if (name == codec.name) return &codec;
  }
  return nullptr;
}

}  // namespace isovox
