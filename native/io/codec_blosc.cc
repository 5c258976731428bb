// Blosc 1 chunks (c-blosc README_CHUNK_FORMAT.rst): a 16-byte header, the starts of the blocks, the blocks; each block
// shuffled by bytes or bits of the samples and compressed on its own.
#include <blosc.h>

#include <algorithm>

#include "base/error.h"
#include "io/codec.h"

namespace isovox {
namespace {

// The decompressed size; throws unless the header fits the bytes.
size_t CheckedSize(std::span<const std::byte> bytes) {
  size_t size = 0;
  if (bytes.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(bytes.data(), bytes.size(), &size) != 0) {
    throw Error(ErrorCode::kCorruptData, "The blosc header does not fit its data");
  }
  return size;
}

int ShuffleOf(const std::string& name) {
  if (name == "noshuffle") return BLOSC_NOSHUFFLE;
  if (name == "bitshuffle") return BLOSC_BITSHUFFLE;
  return BLOSC_SHUFFLE;
}

}  // namespace

size_t DecodeBlosc(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const size_t size = CheckedSize(bytes);
  if (size > into.size()) throw Error(ErrorCode::kCorruptData, "The blosc data hold more than declared");
  const int written = blosc_decompress_ctx(bytes.data(), into.data(), into.size(), 1);
  if (written < 0 || static_cast<size_t>(written) != size) {
    throw Error(ErrorCode::kCorruptData, "The blosc data are damaged");
  }
  return size;
}

bool DecodeBloscPart(std::span<const std::byte> bytes, size_t sample, size_t start, size_t count, std::span<std::byte> into) {
  const size_t size = CheckedSize(bytes);
  size_t typesize = 0;
  int flags = 0;
  blosc_cbuffer_metainfo(bytes.data(), &typesize, &flags);
  if (typesize != sample || (start + count) * sample > size || count * sample > into.size()) return false;
  const int written = blosc_getitem(bytes.data(), static_cast<int>(start), static_cast<int>(count), into.data());
  if (written < 0 || static_cast<size_t>(written) != count * sample) {
    throw Error(ErrorCode::kCorruptData, "The blosc data are damaged");
  }
  return true;
}

std::vector<std::byte> EncodeBlosc(std::span<const std::byte> bytes, const CodecSettings& settings) {
  if (bytes.size() > BLOSC_MAX_BUFFERSIZE) {
    throw InvalidArgument("chunks", "chunks below 2 GiB for blosc", std::to_string(bytes.size()) + " bytes");
  }
  std::vector<std::byte> out(bytes.size() + BLOSC_MAX_OVERHEAD);
  const int written = blosc_compress_ctx(std::clamp(settings.level, 0, 9), ShuffleOf(settings.shuffle), settings.sample,
                                         bytes.size(), bytes.data(), out.data(), out.size(),
                                         settings.compressor.c_str(), settings.block, 1);
  if (written <= 0) {
    throw Error(ErrorCode::kUnsupported, "blosc does not compress with " + settings.compressor,
                {{"what", "compressor"}, {"value", settings.compressor}});
  }
  out.resize(static_cast<size_t>(written));
  return out;
}

}  // namespace isovox
