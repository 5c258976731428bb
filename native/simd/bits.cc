#include "simd/bits.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <cstring>

namespace isovox::simd {
namespace {

static_assert(std::endian::native == std::endian::little);

// Eight bytes at a time: the highest bit of each says whether it is not 0, and a product brings the eight together.
[[maybe_unused]] uint64_t EightBits(uint64_t bytes) {
  constexpr uint64_t kLow = 0x7f7f7f7f7f7f7f7f;
  const uint64_t high = (((bytes & kLow) + kLow) | bytes) & ~kLow;
  return ((high >> 7) * 0x0102040810204080) >> 56;
}

uint64_t Bits64(const uint8_t* bytes) {
  uint64_t word = 0;
#if defined(__SSE2__)
  for (int part = 0; part < 4; ++part) {
    const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * part));
    const int zero = _mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
    word |= static_cast<uint64_t>(~zero & 0xffff) << (16 * part);
  }
#else
  for (int part = 0; part < 8; ++part) {
    uint64_t eight = 0;
    std::memcpy(&eight, bytes + 8 * part, 8);
    word |= EightBits(eight) << (8 * part);
  }
#endif
  return word;
}

}  // namespace

void BitsOfNonzero(const uint8_t* bytes, int64_t n, uint64_t* words) {
  int64_t x = 0;
  for (; x + 64 <= n; x += 64) words[x / 64] = Bits64(bytes + x);
  if (x == n) return;
  uint8_t rest[64] = {};
  std::memcpy(rest, bytes + x, static_cast<size_t>(n - x));
  words[x / 64] = Bits64(rest);
}

}  // namespace isovox::simd
