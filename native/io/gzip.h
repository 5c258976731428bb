// gzip (RFC 1952, several members), zlib (RFC 1950) and raw deflate (RFC 1951) by libdeflate. What comes out is bounded by the caller,
// so that a small file cannot ask for much memory.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "io/file.h"

namespace isovox {

bool LooksGzipped(std::span<const std::byte> bytes);

// Decompresses all members of `bytes` into `into`. Returns how much was written; throws ERR_CORRUPT_DATA for damaged
// data, and for data that hold more than `into` takes.
size_t GunzipInto(std::span<const std::byte> bytes, std::span<std::byte> into);

// The same for members that do not say how large they are: at most `most` bytes (ERR_RESOURCE).
Buffer Gunzip(std::span<const std::byte> bytes, size_t most);

// Decompresses until `into` is full or the stream ends, and returns how much there was: to read a header that says how
// large the rest is, and for files with more behind their data. A damaged stream gives what comes before the damage.
size_t GunzipPrefix(std::span<const std::byte> bytes, std::span<std::byte> into);

// Decompresses a raw deflate stream of unknown size, which may not exceed `most` bytes (ERR_RESOURCE).
Buffer InflateRaw(std::span<const std::byte> bytes, size_t most);
std::vector<std::byte> DeflateRaw(std::span<const std::byte> bytes, int level = 6);

// zlib streams (RFC 1950), which MetaImage uses: as GunzipInto and Gzip.
size_t UnzlibInto(std::span<const std::byte> bytes, std::span<std::byte> into);
std::vector<std::byte> Zlib(std::span<const std::byte> bytes, int level = 6);

// One gzip member without name or time: the same input gives the same bytes. Levels 0 to 12.
std::vector<std::byte> Gzip(std::span<const std::byte> bytes, int level = 6);

}  // namespace isovox
