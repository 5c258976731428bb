// Blosc 1 chunks (c-blosc README_CHUNK_FORMAT.rst): a 16-byte header, the starts of the blocks, the blocks; each block
// shuffled by bytes or bits of the samples and compressed on its own.
#include <blosc.h>
#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "io/codec.h"
#include "io/file.h"
#include "simd/unshuffle.h"

namespace isovox {
namespace {

constexpr int kLz4Format = 1, kZstdFormat = 4;  // in the upper three bits of the flags
// Each byte of the samples is a stream of its own where samples and blocks are of these sizes.
constexpr size_t kMostSplits = 16, kLeastSplit = 128;

struct Header {
  size_t size = 0, block = 0, sample = 1;
  bool shuffled = false, bits_shuffled = false, stored = false, split = true;
  int format = 0;

  size_t blocks() const { return block == 0 ? 0 : (size + block - 1) / block; }
  // The streams of a block of `bytes`; the last block, when it is shorter, is one.
  size_t StreamsOf(size_t bytes) const {
    return split && bytes == block && sample <= kMostSplits && block / sample >= kLeastSplit ? sample : 1;
  }
};

Error Damaged() { return Error(ErrorCode::kCorruptData, "The blosc data are damaged"); }

// Throws unless the header fits the bytes.
Header HeaderOf(std::span<const std::byte> bytes) {
  size_t size = 0;
  if (bytes.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(bytes.data(), bytes.size(), &size) != 0) {
    throw Error(ErrorCode::kCorruptData, "The blosc header does not fit its data");
  }
  ByteReader reader(bytes);
  reader.Skip(2);
  const int flags = reader.Read<uint8_t>();
  Header header;
  header.sample = std::max<size_t>(1, reader.Read<uint8_t>());
  header.size = size;
  reader.Skip(4);
  header.block = reader.Read<uint32_t>();
  header.shuffled = (flags & BLOSC_DOSHUFFLE) != 0 && header.sample > 1;
  header.stored = (flags & BLOSC_MEMCPYED) != 0;
  header.bits_shuffled = (flags & BLOSC_DOBITSHUFFLE) != 0;
  header.split = (flags & 0x10) == 0;
  header.format = flags >> 5;
  return header;
}

// What c-blosc does through two buffers and a new context for every block is done here in one pass.
bool Ours(const Header& header) {
  return (header.format == kZstdFormat || header.format == kLz4Format) && !header.bits_shuffled && !header.stored &&
         header.block > 0 && header.block % header.StreamsOf(header.block) == 0;
}

// The streams of one block, each with its length before it.
class Streams {
 public:
  Streams(std::span<const std::byte> bytes, const Header& header, size_t block) : reader_(bytes) {
    reader_.Seek(BLOSC_MIN_HEADER_LENGTH + block * 4);
    const size_t start = reader_.Read<uint32_t>();
    if (start < BLOSC_MIN_HEADER_LENGTH + header.blocks() * 4 || start + 4 > bytes.size()) throw Damaged();
    reader_.Seek(start);
  }
  std::span<const std::byte> Next() {
    if (reader_.remaining() < 4) throw Damaged();
    const size_t length = reader_.Read<uint32_t>();
    if (length > reader_.remaining()) throw Damaged();
    return reader_.Take(length);
  }

 private:
  ByteReader reader_;
};

// Fills at least the first `needed` bytes of `into`. A stream as long as what it holds is not compressed.
void DecodeStream(std::span<const std::byte> stream, int format, std::span<std::byte> into, size_t needed) {
  if (stream.size() == into.size()) {
    std::memcpy(into.data(), stream.data(), needed);
  } else if (format == kZstdFormat) {
    if (DecodeZstd(stream, into) != into.size()) throw Damaged();
  } else {
    const auto* from = reinterpret_cast<const char*>(stream.data());
    auto* to = reinterpret_cast<char*>(into.data());
    const auto size = static_cast<int>(stream.size()), room = static_cast<int>(into.size());
    const int written = needed * 4 > into.size() ? LZ4_decompress_safe(from, to, size, room)
                                              : LZ4_decompress_safe_partial(from, to, size, static_cast<int>(needed), room);
    if (written < 0 || static_cast<size_t>(written) < needed) throw Damaged();
  }
}

// A buffer of this thread for one shuffled block.
std::span<std::byte> Scratch(size_t size) {
  thread_local Buffer buffer;
  if (buffer.size < size) buffer = Buffer::OfSize(size);
  return {buffer.data.get(), size};
}

// Bytes [begin, end) of the block into the same of `into`, rounded to whole samples.
void DecodeBlock(Streams streams, const Header& header, std::span<std::byte> into, size_t begin, size_t end) {
  const size_t count = header.StreamsOf(into.size()), part = into.size() / count;
  if (!header.shuffled) {
    for (size_t s = 0; s < count; ++s) DecodeStream(streams.Next(), header.format, into.subspan(s * part, part), part);
    return;
  }
  const size_t numbers = into.size() / header.sample;
  const size_t first = begin / header.sample, last = std::min(numbers, (end + header.sample - 1) / header.sample);
  std::span<const std::byte> block;
  if (count == 1) {
    block = streams.Next();
    if (block.size() != into.size()) {
      const auto scratch = Scratch(into.size());
      DecodeStream(block, header.format, scratch, scratch.size());
      block = scratch;
    }
  } else {
    const auto scratch = Scratch(into.size());
    for (size_t s = 0; s < count; ++s) DecodeStream(streams.Next(), header.format, scratch.subspan(s * part, part), last);
    block = scratch;
  }
  if (last > first) simd::Unshuffle(block, header.sample, first, last - first, into.data() + first * header.sample);
  const size_t whole = numbers * header.sample;
  std::memcpy(into.data() + whole, block.data() + whole, into.size() - whole);
}

void DecodeBlocks(std::span<const std::byte> bytes, const Header& header, std::span<std::byte> into, size_t begin, size_t end) {
  for (size_t b = begin / header.block; b * header.block < end; ++b) {
    const size_t at = b * header.block;
    const auto block = into.subspan(at, std::min(header.block, header.size - at));
    DecodeBlock(Streams(bytes, header, b), header, block, begin > at ? begin - at : 0, std::min(end - at, block.size()));
  }
}

int ShuffleOf(const std::string& name) {
  if (name == "noshuffle") return BLOSC_NOSHUFFLE;
  if (name == "bitshuffle") return BLOSC_BITSHUFFLE;
  return BLOSC_SHUFFLE;
}

}  // namespace

size_t DecodeBlosc(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const Header header = HeaderOf(bytes);
  if (header.size > into.size()) throw Error(ErrorCode::kCorruptData, "The blosc data hold more than declared");
  if (Ours(header)) {
    DecodeBlocks(bytes, header, into, 0, header.size);
    return header.size;
  }
  const int written = blosc_decompress_ctx(bytes.data(), into.data(), into.size(), 1);
  if (written < 0 || static_cast<size_t>(written) != header.size) throw Damaged();
  return header.size;
}

size_t DecodeBloscPart(std::span<const std::byte> bytes, std::span<std::byte> into, size_t begin, size_t end) {
  const Header header = HeaderOf(bytes);
  if (header.size != into.size() || end > into.size() || begin >= end || header.block == 0) return 0;
  const size_t blocks = std::min(header.size, ((end - 1) / header.block + 1) * header.block) - begin / header.block * header.block;
  if (Ours(header)) {
    DecodeBlocks(bytes, header, into, begin, end);
    return blocks;
  }
  const size_t first = begin / header.sample, count = (end + header.sample - 1) / header.sample - first;
  if ((first + count) * header.sample > into.size()) return 0;
  const int written = blosc_getitem(bytes.data(), static_cast<int>(first), static_cast<int>(count), into.data() + first * header.sample);
  if (written < 0 || static_cast<size_t>(written) != count * header.sample) throw Damaged();
  return blocks;
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
