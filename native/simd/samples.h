// Kernels over samples: stored bits to integers, integers to physical values, byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/dtype.h"

namespace isovox::simd {

// Keeps `bits` bits of each sample beginning at bit `shift`, and repeats the sign bit above them when the type is
// signed (PS3.5 8.1.1). What lay beside them (retired overlays, padding) is gone.
void KeepBits(std::span<int16_t> samples, int bits, int shift);
void KeepBits(std::span<uint16_t> samples, int bits, int shift);
void KeepBits(std::span<int8_t> samples, int bits, int shift);
void KeepBits(std::span<uint8_t> samples, int bits, int shift);
void KeepBits(std::span<int32_t> samples, int bits, int shift);
void KeepBits(std::span<uint32_t> samples, int bits, int shift);

// Reverses the bytes of every `size`-byte sample; sizes 1, 2, 4 and 8.
void SwapBytes(std::span<std::byte> bytes, size_t size);

// out = float(slope * in + intercept), computed in double.
template <typename T>
void Rescale(std::span<const T> in, double slope, double intercept, std::span<float> out) {
  for (size_t i = 0; i < in.size(); ++i) {
    out[i] = static_cast<float>(slope * static_cast<double>(in[i]) + intercept);
  }
}

}  // namespace isovox::simd
