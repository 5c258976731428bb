#include "simd/physical.h"

#include <cstdint>
#include <cstring>

#include "simd/targets.h"

namespace isovox::simd {
namespace {

template <typename T>
[[gnu::always_inline]] inline T NumberAt(const std::byte* in, size_t i) {
  T number;
  std::memcpy(&number, in + i * sizeof(T), sizeof(T));
  return number;
}

template <typename T>
[[gnu::always_inline]] inline void Scaled(const std::byte* in, double slope, double intercept, float* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<float>(static_cast<double>(NumberAt<T>(in, i)) * slope + intercept);
  }
}

// A number of at most 32 bits fits a double, so that 1 x + 0 rounds to the same float as x does.
template <typename T>
[[gnu::always_inline]] inline void Plain(const std::byte* in, float* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<float>(NumberAt<T>(in, i));
}

ISOVOX_FOR_CPUS void ScaledInt8(const std::byte* in, double slope, double intercept, float* out, size_t count) { Scaled<int8_t>(in, slope, intercept, out, count); }
ISOVOX_FOR_CPUS void ScaledUint8(const std::byte* in, double slope, double intercept, float* out, size_t count) { Scaled<uint8_t>(in, slope, intercept, out, count); }
ISOVOX_FOR_CPUS void ScaledInt16(const std::byte* in, double slope, double intercept, float* out, size_t count) { Scaled<int16_t>(in, slope, intercept, out, count); }
ISOVOX_FOR_CPUS void ScaledUint16(const std::byte* in, double slope, double intercept, float* out, size_t count) { Scaled<uint16_t>(in, slope, intercept, out, count); }
ISOVOX_FOR_CPUS void PlainInt8(const std::byte* in, float* out, size_t count) { Plain<int8_t>(in, out, count); }
ISOVOX_FOR_CPUS void PlainUint8(const std::byte* in, float* out, size_t count) { Plain<uint8_t>(in, out, count); }
ISOVOX_FOR_CPUS void PlainInt16(const std::byte* in, float* out, size_t count) { Plain<int16_t>(in, out, count); }
ISOVOX_FOR_CPUS void PlainUint16(const std::byte* in, float* out, size_t count) { Plain<uint16_t>(in, out, count); }

}  // namespace

void ToPhysical(DType dtype, const std::byte* in, double slope, double intercept, std::span<float> out) {
  const bool plain = slope == 1 && intercept == 0;
  float* const to = out.data();
  const size_t count = out.size();
  switch (dtype) {
    case DType::kInt8: return plain ? PlainInt8(in, to, count) : ScaledInt8(in, slope, intercept, to, count);
    case DType::kUint8: return plain ? PlainUint8(in, to, count) : ScaledUint8(in, slope, intercept, to, count);
    case DType::kInt16: return plain ? PlainInt16(in, to, count) : ScaledInt16(in, slope, intercept, to, count);
    case DType::kUint16: return plain ? PlainUint16(in, to, count) : ScaledUint16(in, slope, intercept, to, count);
    case DType::kInt32: return Scaled<int32_t>(in, slope, intercept, to, count);
    case DType::kUint32: return Scaled<uint32_t>(in, slope, intercept, to, count);
    case DType::kInt64: return Scaled<int64_t>(in, slope, intercept, to, count);
    case DType::kUint64: return Scaled<uint64_t>(in, slope, intercept, to, count);
    case DType::kFloat32: return plain ? static_cast<void>(std::memcpy(to, in, count * sizeof(float))) : Scaled<float>(in, slope, intercept, to, count);
    case DType::kFloat64: return Scaled<double>(in, slope, intercept, to, count);
  }
}

}  // namespace isovox::simd
