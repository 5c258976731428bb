#include "formats/values.h"

#include <cmath>
#include <limits>
#include <string>

#include "base/error.h"
#include "formats/statistics.h"
#include "formats/text_fields.h"

namespace isovox::formats {
namespace {

constexpr int64_t kChunk = int64_t{1} << 18;

template <typename To>
bool Fits(double value) {
  if constexpr (std::is_floating_point_v<To>) {
    return true;
  } else {
    // One past the largest value is a power of two, which a double holds exactly.
    const double past = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double least = std::is_signed_v<To> ? -past : 0;
    return value >= least && value < past;
  }
}

template <typename From, typename To>
void ConvertInto(const Exec& exec, const Volume& in, Volume& out) {
  const auto from = in.As<From>();
  const auto to = out.As<To>();
  const bool scaled = in.slope != 1 || in.intercept != 0;
  ParallelFor(exec, in.elements(), kChunk, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      if constexpr (std::is_integral_v<From> && std::is_integral_v<To>) {
        // 64-bit integers do not go through a double, which would round them.
        if (!scaled) {
          if (!std::in_range<To>(from[i])) {
            throw InvalidArgument("dtype", "a type that holds every value", std::string(DTypeName(out.dtype)) + ", which cannot hold " + std::to_string(from[i]));
          }
          to[i] = static_cast<To>(from[i]);
          continue;
        }
      }
      double value = static_cast<double>(from[i]);
      if (scaled) value = in.slope * value + in.intercept;
      if constexpr (std::is_integral_v<To>) value = std::nearbyint(value);
      if (!Fits<To>(value)) {
        throw InvalidArgument("dtype", "a type that holds every value",
                              std::string(DTypeName(out.dtype)) + ", which cannot hold " + Shortest(value));
      }
      to[i] = static_cast<To>(value);
    }
  });
}

DType SmallestHolding(const Exec& exec, const Volume& volume) {
  const bool is_float = volume.dtype == DType::kFloat32 || volume.dtype == DType::kFloat64;
  const DType real = DTypeSize(volume.dtype) <= 2 || volume.dtype == DType::kFloat32 ? DType::kFloat32 : DType::kFloat64;
  if (is_float || volume.slope != std::floor(volume.slope) || volume.intercept != std::floor(volume.intercept)) return real;
  const Statistics range = StatisticsOf(exec, volume);
  for (const DType dtype : {volume.dtype, DType::kInt16, DType::kInt32, DType::kInt64}) {
    const bool fits = VisitDType(dtype, [&](auto sample) {
      return Fits<decltype(sample)>(range.min) && Fits<decltype(sample)>(range.max);
    });
    if (fits && DTypeSize(dtype) >= DTypeSize(volume.dtype)) return dtype;
  }
  return real;
}

}  // namespace

Volume ConvertValues(const Exec& exec, const Volume& volume, DType dtype) {
  if (dtype == volume.dtype) return volume;
  Volume out = MakeVolume(volume.grid, dtype, volume.frames, volume.components);
  out.unit = volume.unit;
  out.metadata = volume.metadata;
  VisitDType(volume.dtype, [&](auto from) {
    VisitDType(dtype, [&](auto to) { ConvertInto<decltype(from), decltype(to)>(exec, volume, out); });
  });
  return out;
}

Volume WithoutScaling(const Exec& exec, const Volume& volume) {
  if (volume.slope == 1 && volume.intercept == 0) return volume;
  const DType dtype = SmallestHolding(exec, volume);
  Volume out = MakeVolume(volume.grid, dtype, volume.frames, volume.components);
  out.unit = volume.unit;
  out.metadata = volume.metadata;
  VisitDType(volume.dtype, [&](auto from) {
    VisitDType(dtype, [&](auto to) { ConvertInto<decltype(from), decltype(to)>(exec, volume, out); });
  });
  return out;
}

}  // namespace isovox::formats
