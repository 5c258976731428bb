#include "simd/unshuffle.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace isovox::simd {
namespace {

#if defined(__SSE2__)
constexpr size_t kStep = 16;

__m128i Load(const std::byte* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
void Store(std::byte* to, __m128i value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value); }

// Sixteen numbers: planes are interleaved in pairs, half as many after every round.
template <size_t kSample>
void Sixteen(const std::byte* from, size_t plane, std::byte* to) {
  __m128i v[kSample], w[kSample];
  for (size_t b = 0; b < kSample; ++b) v[b] = Load(from + b * plane);
  // Rounds pair byte b with byte b + half, so that the last round leaves the bytes of one number together.
  for (size_t round = 1; round < kSample; round *= 2) {
    constexpr size_t half = kSample / 2;
    for (size_t b = 0; b < half; ++b) {
      w[2 * b] = _mm_unpacklo_epi8(v[b], v[b + half]);
      w[2 * b + 1] = _mm_unpackhi_epi8(v[b], v[b + half]);
    }
    for (size_t b = 0; b < kSample; ++b) v[b] = w[b];
  }
  for (size_t b = 0; b < kSample; ++b) Store(to + b * 16, v[b]);
}
#else
constexpr size_t kStep = 1;
#endif

template <size_t kSample>
void Numbers(const std::byte* from, size_t plane, size_t count, std::byte* to) {
  size_t i = 0;
#if defined(__SSE2__)
  for (; i + kStep <= count; i += kStep) Sixteen<kSample>(from + i, plane, to + i * kSample);
#endif
  for (; i < count; ++i) {
    for (size_t b = 0; b < kSample; ++b) to[i * kSample + b] = from[i + b * plane];
  }
}

}  // namespace

void Unshuffle(std::span<const std::byte> block, size_t sample, size_t first, size_t count, std::byte* into) {
  const size_t plane = block.size() / sample;
  const std::byte* from = block.data() + first;
  switch (sample) {
    case 2: return Numbers<2>(from, plane, count, into);
    case 4: return Numbers<4>(from, plane, count, into);
    case 8: return Numbers<8>(from, plane, count, into);
    default: break;
  }
  for (size_t i = 0; i < count; ++i) {
    for (size_t b = 0; b < sample; ++b) into[i * sample + b] = from[i + b * plane];
  }
}

}  // namespace isovox::simd
