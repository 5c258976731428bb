// bzip2 streams, one or several in a row, into a buffer whose size the caller knows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace isovox {

// A block of 900 kB of one byte, run-length coded before it is sorted, takes about 40 bytes: what a stream can hold.
inline constexpr size_t kMostBzip2PerBlock = 900'000 / 5 * 259, kLeastBzip2Block = 32;

// Decompresses until `into` is full or the data end; returns how much was written. Throws ERR_CORRUPT_DATA for damage.
size_t Bunzip2Into(std::span<const std::byte> bytes, std::span<std::byte> into);
std::vector<std::byte> Bzip2(std::span<const std::byte> bytes, int level = 9);  // levels 1 to 9

}  // namespace isovox
