#include "formats/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace isovox::formats {
namespace {

struct Partial {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double sum = 0;
  int64_t count = 0;
};

template <typename T>
Partial Scan(std::span<const T> values) {
  Partial part;
  for (const T stored : values) {
    const auto value = static_cast<double>(stored);
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) continue;
    }
    part.min = std::min(part.min, value);
    part.max = std::max(part.max, value);
    part.sum += value;
    ++part.count;
  }
  return part;
}

}  // namespace

Statistics StatisticsOf(const Exec& exec, const Volume& volume) {
  constexpr int64_t kChunk = int64_t{1} << 18;
  const Partial all = VisitDType(volume.dtype, [&](auto sample) {
    using T = decltype(sample);
    const auto values = volume.As<T>();
    return OrderedReduce<Partial>(
        exec, volume.elements(), kChunk, {},
        [&](int64_t begin, int64_t end) {
          return Scan<T>(values.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
        },
        [](Partial& into, Partial&& part) {
          into.min = std::min(into.min, part.min);
          into.max = std::max(into.max, part.max);
          into.sum += part.sum;
          into.count += part.count;
        });
  });
  if (all.count == 0) return {};
  const double a = volume.slope * all.min + volume.intercept, b = volume.slope * all.max + volume.intercept;
  const double mean = volume.slope * (all.sum / static_cast<double>(all.count)) + volume.intercept;
  return {std::min(a, b), std::max(a, b), mean, all.count};
}

}  // namespace isovox::formats
