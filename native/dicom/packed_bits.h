// Pixels of one bit, eight to a byte, lowest bit first (PS3.5 8.1.1), to a byte each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace isovox::dicom {

// REQUIRES: packed holds first_bit + into.size() bits.
inline void UnpackBits(std::span<const std::byte> packed, uint64_t first_bit, std::span<std::byte> into) {
  for (size_t i = 0; i < into.size(); ++i) {
    const uint64_t bit = first_bit + i;
    into[i] = packed[static_cast<size_t>(bit / 8)] >> (bit % 8) & std::byte{1};
  }
}

}  // namespace isovox::dicom
