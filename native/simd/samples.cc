#include "simd/samples.h"

#include <cstring>
#include <type_traits>

#include "base/bytes.h"

namespace isovox::simd {
namespace {

template <typename T>
void Keep(std::span<T> samples, int bits, int shift) {
  using U = std::make_unsigned_t<T>;
  const int width = static_cast<int>(sizeof(T)) * 8;
  const int up = width - bits - shift, down = width - bits;
  if (up < 0 || down >= width || (up == 0 && down == 0)) return;
  // Up to drop what lies above, down to drop what lies below; the shift down repeats the sign of a signed type.
  for (T& sample : samples) sample = static_cast<T>(static_cast<T>(static_cast<U>(static_cast<U>(sample) << up)) >> down);
}

template <typename U>
void SwapAs(std::span<std::byte> bytes) {
  for (size_t at = 0; at + sizeof(U) <= bytes.size(); at += sizeof(U)) {
    U sample;
    std::memcpy(&sample, bytes.data() + at, sizeof(U));
    if constexpr (sizeof(U) == 2) {
      sample = __builtin_bswap16(sample);
    } else if constexpr (sizeof(U) == 4) {
      sample = __builtin_bswap32(sample);
    } else {
      sample = __builtin_bswap64(sample);
    }
    std::memcpy(bytes.data() + at, &sample, sizeof(U));
  }
}

}  // namespace

void KeepBits(std::span<int16_t> samples, int bits, int shift) { Keep(samples, bits, shift); }
void KeepBits(std::span<uint16_t> samples, int bits, int shift) { Keep(samples, bits, shift); }
void KeepBits(std::span<int8_t> samples, int bits, int shift) { Keep(samples, bits, shift); }
void KeepBits(std::span<uint8_t> samples, int bits, int shift) { Keep(samples, bits, shift); }
void KeepBits(std::span<int32_t> samples, int bits, int shift) { Keep(samples, bits, shift); }
void KeepBits(std::span<uint32_t> samples, int bits, int shift) { Keep(samples, bits, shift); }

void SwapBytes(std::span<std::byte> bytes, size_t size) {
  if (size == 2) SwapAs<uint16_t>(bytes);
  if (size == 4) SwapAs<uint32_t>(bytes);
  if (size == 8) SwapAs<uint64_t>(bytes);
}

}  // namespace isovox::simd
