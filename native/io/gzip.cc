#include "io/gzip.h"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"

namespace isovox {
namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, FreeDecompressor>;
using Compressor = std::unique_ptr<libdeflate_compressor, FreeCompressor>;

constexpr size_t kMostDeflated = 1032;  // deflate packs at most so many bytes into one

Error NoMemory() { return Error(ErrorCode::kResource, "The system has no memory for a decompressor"); }

Decompressor NewDecompressor() {
  Decompressor decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) throw NoMemory();
  return decompressor;
}

Compressor NewCompressor(int level) {
  Compressor compressor(libdeflate_alloc_compressor(level));
  if (!compressor) throw InvalidArgument("level", "an integer between 0 and 12", std::to_string(level));
  return compressor;
}

// How much the members of `bytes` hold, written into `into`; nothing when it has no room for them.
std::optional<size_t> GunzipMembers(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const Decompressor decompressor = NewDecompressor();
  size_t read = 0, written = 0;
  // What follows the last member and is no member (zero padding, a signature) is ignored, as gzip itself does.
  while (read < bytes.size() && (read == 0 || LooksGzipped(bytes.subspan(read)))) {
    size_t member_read = 0, member_written = 0;
    std::byte nowhere{};  // libdeflate wants an address even for no space
    std::byte* out = written < into.size() ? into.data() + written : &nowhere;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(decompressor.get(), bytes.data() + read, bytes.size() - read, out,
                                      into.size() - written, &member_read, &member_written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return std::nullopt;
    if (result != LIBDEFLATE_SUCCESS) {
      throw Error(ErrorCode::kCorruptData, "The gzip data are damaged after byte " + std::to_string(read),
                  {{"offset", std::to_string(read)}});
    }
    read += member_read;
    written += member_written;
  }
  return written;
}

}  // namespace

bool LooksGzipped(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b} && bytes[2] == std::byte{8};
}

size_t GunzipInto(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const auto written = GunzipMembers(bytes, into);
  if (written) return *written;
  throw Error(ErrorCode::kCorruptData,
              "The compressed data hold more than the " + std::to_string(into.size()) + " bytes declared",
              {{"expected", std::to_string(into.size())}});
}

Buffer Gunzip(std::span<const std::byte> bytes, size_t most) {
  const size_t limit = std::min(most, bytes.size() * kMostDeflated + 64);
  size_t room = std::min(limit, std::max<size_t>(bytes.size() * 4, size_t{1} << 16));
  while (true) {
    Buffer out = Buffer::OfSize(room);
    if (const auto written = GunzipMembers(bytes, out.bytes())) {
      out.size = *written;
      return out;
    }
    if (room == limit) {
      throw Error(ErrorCode::kResource, "The compressed data hold more than " + std::to_string(limit) + " bytes",
                  {{"limit", std::to_string(limit)}});
    }
    room = std::min(limit, room * 4);
  }
}

size_t GunzipPrefix(std::span<const std::byte> bytes, std::span<std::byte> into) {
  // zlib, because libdeflate cannot stop half-way. It counts in 32 bits, so it is fed in pieces.
  constexpr size_t kPiece = size_t{1} << 30;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw NoMemory();
  size_t read = 0, written = 0;
  int result = Z_OK;
  while (result == Z_OK && read < bytes.size() && written < into.size()) {
    const auto in = static_cast<uInt>(std::min(kPiece, bytes.size() - read));
    const auto out = static_cast<uInt>(std::min(kPiece, into.size() - written));
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data() + read));
    stream.avail_in = in;
    stream.next_out = reinterpret_cast<Bytef*>(into.data() + written);
    stream.avail_out = out;
    result = inflate(&stream, Z_SYNC_FLUSH);
    read += in - stream.avail_in;
    written += out - stream.avail_out;
    if (result == Z_STREAM_END && LooksGzipped(bytes.subspan(read))) result = inflateReset(&stream);  // next member
  }
  inflateEnd(&stream);
  return written;
}

size_t UnzlibInto(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const Decompressor decompressor = NewDecompressor();
  size_t read = 0, written = 0;
  const libdeflate_result result = libdeflate_zlib_decompress_ex(decompressor.get(), bytes.data(), bytes.size(),
                                                                 into.data(), into.size(), &read, &written);
  if (result == LIBDEFLATE_SUCCESS) return written;
  throw Error(ErrorCode::kCorruptData,
              result == LIBDEFLATE_INSUFFICIENT_SPACE
                  ? "The compressed data hold more than the " + std::to_string(into.size()) + " bytes declared"
                  : "The zlib data are damaged");
}

std::vector<std::byte> Zlib(std::span<const std::byte> bytes, int level) {
  const Compressor compressor = NewCompressor(level);
  std::vector<std::byte> out(libdeflate_zlib_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

Buffer InflateRaw(std::span<const std::byte> bytes, size_t most) {
  const Decompressor decompressor = NewDecompressor();
  const size_t limit = std::min(most, bytes.size() * kMostDeflated + 64);
  size_t room = std::min(limit, std::max<size_t>(bytes.size() * 4, size_t{1} << 16));
  while (true) {
    Buffer out = Buffer::OfSize(room);
    size_t read = 0, written = 0;
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        decompressor.get(), bytes.data(), bytes.size(), out.data.get(), out.size, &read, &written);
    if (result == LIBDEFLATE_SUCCESS) {
      out.size = written;
      return out;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room >= bytes.size() * 1032 + 64) {
      throw Error(ErrorCode::kCorruptData, "The deflated data are damaged");
    }
    if (room >= limit) {
      throw Error(ErrorCode::kResource, "The deflated data hold more than " + std::to_string(most) + " bytes",
                  {{"limit", std::to_string(most)}});
    }
    room = std::min(limit, room * 4);
  }
}

std::vector<std::byte> DeflateRaw(std::span<const std::byte> bytes, int level) {
  const Compressor compressor = NewCompressor(level);
  std::vector<std::byte> out(libdeflate_deflate_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_deflate_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

std::vector<std::byte> Gzip(std::span<const std::byte> bytes, int level) {
  const Compressor compressor = NewCompressor(level);
  std::vector<std::byte> out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

}  // namespace isovox
