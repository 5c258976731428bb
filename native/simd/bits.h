// Bytes to bits.
#pragma once

#include <cstdint>

namespace isovox::simd {

// Bit x of word x / 64 is 1 where bytes[x] is not 0, for x in [0, n); the last word is filled up with 0.
void BitsOfNonzero(const uint8_t* bytes, int64_t n, uint64_t* words);

}  // namespace isovox::simd
