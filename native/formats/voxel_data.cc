#include "formats/voxel_data.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "formats/text_fields.h"
#include "io/bzip2.h"
#include "io/file.h"
#include "io/gzip.h"
#include "simd/samples.h"

namespace isovox::formats {
namespace {

constexpr uint64_t kMostDeflateExpansion = 1032;

Error TooShort(size_t wanted, const std::string& path, uint64_t there) {
  return Error(ErrorCode::kCorruptData,
               "The header declares " + std::to_string(wanted) + " bytes of voxels but " + path + " can hold at most " +
                   std::to_string(there),
               {{"path", path}});
}

uint64_t MostUnpacked(Packing packing, uint64_t packed, size_t sample) {
  switch (packing) {
    case Packing::kRaw: return packed;
    case Packing::kGzip:
    case Packing::kZlib: return packed * kMostDeflateExpansion;
    case Packing::kBzip2: return (packed / kLeastBzip2Block + 1) * kMostBzip2PerBlock;
    case Packing::kText: return (packed + 1) / 2 * sample;  // a digit and a blank
    case Packing::kHex: return packed / 2;
  }
  return 0;
}

// Where the packed bytes begin, once the header's lines are skipped.
uint64_t AfterLines(const File& file, uint64_t offset, int64_t lines) {
  std::array<std::byte, 4096> piece;
  while (lines > 0) {
    const size_t got = file.ReadSome(piece, offset);
    if (got == 0) throw TooShort(1, file.path(), 0);
    const auto* newline = static_cast<const std::byte*>(std::memchr(piece.data(), '\n', got));
    if (newline == nullptr) {
      offset += got;
      continue;
    }
    offset += static_cast<uint64_t>(newline - piece.data()) + 1;
    --lines;
  }
  return offset;
}

template <typename T>
size_t ParseText(std::span<const std::byte> bytes, std::span<std::byte> into) {
  const char* at = reinterpret_cast<const char*>(bytes.data());
  const char* const end = at + bytes.size();
  const size_t count = into.size() / sizeof(T);
  for (size_t i = 0; i < count; ++i) {
    while (at < end && (static_cast<unsigned char>(*at) <= ' ' || *at == ',' || *at == '+')) ++at;
    if (at == end) return i * sizeof(T);
    T value{};
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc()) {
      throw Error(ErrorCode::kCorruptData, "Voxel " + std::to_string(i) + " of the text is no number of the type declared");
    }
    std::memcpy(into.data() + i * sizeof(T), &value, sizeof(T));
    at = stop;
  }
  return into.size();
}

size_t ParseHex(std::span<const std::byte> bytes, std::span<std::byte> into) {
  size_t digits = 0;
  for (const std::byte b : bytes) {
    const char c = static_cast<char>(b);
    int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    if (digit < 0) {
      if (static_cast<unsigned char>(c) <= ' ') continue;
      throw Error(ErrorCode::kCorruptData, "The hexadecimal voxels hold another letter");
    }
    if (digits / 2 == into.size()) break;
    std::byte& out = into[digits / 2];
    out = digits % 2 == 0 ? static_cast<std::byte>(digit << 4) : out | static_cast<std::byte>(digit);
    ++digits;
  }
  return digits / 2;
}

size_t Unpack(const Volume& volume, Packing packing, std::span<const std::byte> packed, std::span<std::byte> out) {
  switch (packing) {
    case Packing::kGzip:
      try {
        return GunzipInto(packed, out);
      } catch (const Error& error) {
        // More data than declared, or damage: what comes before it may be all that is needed.
        if (error.code() != ErrorCode::kCorruptData) throw;
        return GunzipPrefix(packed, out);
      }
    case Packing::kZlib: return UnzlibInto(packed, out);
    case Packing::kBzip2: return Bunzip2Into(packed, out);
    case Packing::kHex: return ParseHex(packed, out);
    default: return VisitDType(volume.dtype, [&](auto sample) { return ParseText<decltype(sample)>(packed, out); });
  }
}

void FillFrom(const Exec& exec, const VoxelData& data, const std::string& path, const Volume& volume,
              std::span<std::byte> out) {
  const File file = File::Open(path);
  const uint64_t begin = AfterLines(file, data.offset, data.line_skip);
  if (begin > file.size()) throw TooShort(out.size(), path, 0);
  const uint64_t packed_bytes = file.size() - begin;
  if (data.packing == Packing::kRaw) {
    if (packed_bytes < out.size()) throw TooShort(out.size(), path, packed_bytes);
    const bool last = data.byte_skip == VoxelData::kLastBytes;
    const uint64_t skip = last ? packed_bytes - out.size() : static_cast<uint64_t>(data.byte_skip);
    if (skip > packed_bytes - out.size()) throw TooShort(out.size(), path, packed_bytes - std::min(skip, packed_bytes));
    constexpr int64_t kChunk = int64_t{4} << 20;
    ParallelFor(exec, static_cast<int64_t>(out.size()), kChunk, [&](int64_t from, int64_t to) {
      file.ReadExactly(out.subspan(static_cast<size_t>(from), static_cast<size_t>(to - from)),
                       begin + skip + static_cast<uint64_t>(from));
    });
    return;
  }
  Buffer packed = Buffer::OfSize(static_cast<size_t>(packed_bytes));
  file.ReadExactly(packed.bytes(), begin);
  exec.CheckCancelled();
  size_t written = 0;
  if (data.byte_skip <= 0) {
    written = Unpack(volume, data.packing, packed.bytes(), out);
  } else {
    // Rare: the bytes before the voxels must be unpacked to be left out.
    const auto skip = static_cast<size_t>(data.byte_skip);
    const uint64_t most = MostUnpacked(data.packing, packed_bytes, DTypeSize(volume.dtype));
    if (skip > most || most - skip < out.size()) throw TooShort(out.size(), path, most - std::min<uint64_t>(skip, most));
    Buffer whole = Buffer::OfSize(out.size() + skip);
    written = Unpack(volume, data.packing, packed.bytes(), whole.bytes());
    written = written < skip ? 0 : written - skip;
    std::memcpy(out.data(), whole.data.get() + skip, written);
  }
  if (written < out.size()) {
    throw Error(ErrorCode::kCorruptData,
                "The header declares " + std::to_string(out.size()) + " bytes of voxels but only " +
                    std::to_string(written) + " are there or can be unpacked",
                {{"path", path}});
  }
}

}  // namespace

void ReadVoxelData(const Exec& exec, const VoxelData& data, Volume& volume) {
  const std::array<int64_t, 6> factors = {volume.grid.size[0], volume.grid.size[1], volume.grid.size[2], volume.frames,
                                          volume.components,   static_cast<int64_t>(DTypeSize(volume.dtype))};
  const size_t bytes = CheckedProduct(factors);
  const size_t sample = DTypeSize(volume.dtype);
  if (data.files.empty() || bytes % data.files.size() != 0) {
    throw Error(ErrorCode::kCorruptData, "The voxels cannot be shared out over " + std::to_string(data.files.size()) + " files");
  }
  uint64_t most = 0;
  for (const std::string& path : data.files) most += MostUnpacked(data.packing, File::Open(path).size(), sample);
  if (most < bytes) throw TooShort(bytes, data.files.front(), most);
  volume.storage = Storage::AllocateUnset(bytes);  // each part is filled whole or fails
  const size_t part = bytes / data.files.size();
  for (size_t f = 0; f < data.files.size(); ++f) {
    FillFrom(exec, data, data.files[f], volume, {volume.storage->data() + f * part, part});
  }
  if (data.endian == Endian::kBig && data.packing != Packing::kText && sample > 1) {
    constexpr int64_t kChunk = int64_t{1} << 20;
    ParallelFor(exec, volume.elements(), kChunk, [&](int64_t begin, int64_t end) {
      simd::SwapBytes({volume.storage->data() + static_cast<size_t>(begin) * sample, static_cast<size_t>(end - begin) * sample},
                      sample);
    });
  }
}

void WriteVoxelData(const Volume& volume, Packing packing, int level, AtomicFile& file) {
  const std::span<const std::byte> voxels(volume.storage->data(), volume.bytes());
  switch (packing) {
    case Packing::kRaw: return file.Write(voxels);
    case Packing::kGzip: return file.Write(Gzip(voxels, level));
    case Packing::kZlib: return file.Write(Zlib(voxels, level));
    case Packing::kBzip2: return file.Write(Bzip2(voxels, level));
    case Packing::kHex: throw Error(ErrorCode::kInternal, "Hexadecimal voxels are only read");
    case Packing::kText: break;
  }
  std::string text;
  VisitDType(volume.dtype, [&](auto sample) {
    char number[32];
    for (const auto value : volume.As<decltype(sample)>()) {
      text.append(number, std::to_chars(number, number + sizeof number, value).ptr).push_back('\n');
    }
  });
  file.Write(BytesOfText(text));
}

}  // namespace isovox::formats
