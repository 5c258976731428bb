// Codecs from bytes to bytes, as chunked stores chain them. To add one: a file codec_<name>.cc, a row in codec.cc.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isovox {

struct CodecSettings {
  int level = 3;
  size_t sample = 1;                // bytes of a number: what shuffling needs
  std::string compressor = "zstd";  // inside blosc: zstd, lz4, lz4hc, zlib, blosclz, snappy
  std::string shuffle = "shuffle";  // inside blosc: noshuffle, shuffle, bitshuffle
  size_t block = 0;                 // inside blosc: bytes, 0 for its own choice
  bool checksum = false;            // of zstd
};

struct ByteCodec {
  const char* name;
  // Fills `into` and returns how much was written; never more. Throws ERR_CORRUPT_DATA for damage or too much data.
  size_t (*decode)(std::span<const std::byte> bytes, std::span<std::byte> into);
  // Fills at least bytes [begin, end) of `into`, which all of the data would fill, and returns how many were decoded for
  // it; 0 when that needs all of them. Null for codecs that always do.
  size_t (*decode_part)(std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end);
  std::vector<std::byte> (*encode)(std::span<const std::byte> bytes, const CodecSettings& settings);
};

// Null for a name that is not in the table.
const ByteCodec* FindByteCodec(std::string_view name);

size_t DecodeZstd(std::span<const std::byte> bytes, std::span<std::byte> into);
// The blocks up to the one that holds byte `end` - 1. A frame with a checksum is never read in part.
size_t DecodeZstdPart(std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end);
std::vector<std::byte> EncodeZstd(std::span<const std::byte> bytes, const CodecSettings& settings);
size_t DecodeBlosc(std::span<const std::byte> bytes, std::span<std::byte> into);
std::vector<std::byte> EncodeBlosc(std::span<const std::byte> bytes, const CodecSettings& settings);
// Only the blocks that hold the bytes from `begin` to before `end`.
size_t DecodeBloscPart(std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end);

}  // namespace isovox
