#include "formats/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace isovox::formats {
namespace {

constexpr int64_t kChunk = int64_t{1} << 18;

struct Partial {
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  double sum = 0;
  double squares = 0;  // of distances from the mean of these values
  int64_t count = 0;

  double mean() const { return sum / static_cast<double>(count); }
};

template <typename T>
bool IsFinite(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isfinite(value);
  return true;
}

template <typename T>
Partial Scan(std::span<const T> values) {
  Partial part;
  for (const T stored : values) {
    if (!IsFinite(stored)) continue;
    const auto value = static_cast<double>(stored);
    part.min = std::min(part.min, value);
    part.max = std::max(part.max, value);
    part.sum += value;
    ++part.count;
  }
  if (part.count == 0) return part;
  const double mean = part.mean();
  for (const T stored : values) {
    if (IsFinite(stored)) part.squares += (static_cast<double>(stored) - mean) * (static_cast<double>(stored) - mean);
  }
  return part;
}

// Chan, Golub and LeVeque (1983).
void Merge(Partial& into, const Partial& part) {
  if (into.count > 0 && part.count > 0) {
    const double apart = part.mean() - into.mean();
    const auto a = static_cast<double>(into.count), b = static_cast<double>(part.count);
    into.squares += apart * apart * a * b / (a + b);
  }
  into.squares += part.squares;
  into.min = std::min(into.min, part.min);
  into.max = std::max(into.max, part.max);
  into.sum += part.sum;
  into.count += part.count;
}

}  // namespace

Statistics StatisticsOf(const Exec& exec, const Volume& volume) {
    const Partial all = VisitDType(volume.dtype, [&](auto sample) {
    using T = decltype(sample);
    const auto values = volume.As<T>();
    return OrderedReduce<Partial>(
        exec, volume.elements(), kChunk, {},
        [&](int64_t begin, int64_t end) {
          return Scan<T>(values.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
        },
        [](Partial& into, Partial&& part) { Merge(into, part); });
  });
  if (all.count == 0) return {};
  const double a = volume.slope * all.min + volume.intercept, b = volume.slope * all.max + volume.intercept;
  const double mean = volume.slope * (all.sum / static_cast<double>(all.count)) + volume.intercept;
  const double deviation = std::abs(volume.slope) * std::sqrt(all.squares / static_cast<double>(all.count));
  return {std::min(a, b), std::max(a, b), mean, deviation, all.count};
}

std::vector<double> PercentilesOf(const Exec& exec, const Volume& volume, const std::vector<double>& percents) {
  return VisitDType(volume.dtype, [&](auto sample) {
    using T = decltype(sample);
    std::vector<T> values;
    values.reserve(static_cast<size_t>(volume.elements()));
    for (const T value : volume.As<T>()) {
      if (IsFinite(value)) values.push_back(value);
    }
    std::vector<double> found;
    if (values.empty()) return found;
    for (const double percent : percents) {
      exec.CheckCancelled();
      // A negative slope turns the order round.
      const double part = (volume.slope < 0 ? 100 - percent : percent) / 100;
      const double rank = part * static_cast<double>(values.size() - 1);
      const auto low = values.begin() + static_cast<std::ptrdiff_t>(std::floor(rank));
      std::nth_element(values.begin(), low, values.end());
      const auto below = static_cast<double>(*low);
      const double between = rank - std::floor(rank);
      const double above = between > 0 ? static_cast<double>(*std::min_element(low + 1, values.end())) : below;
      found.push_back(volume.slope * (below + between * (above - below)) + volume.intercept);
    }
    return found;
  });
}

std::vector<int64_t> HistogramOf(const Exec& exec, const Volume& volume, double low, double high, int64_t bins) {
  using Counts = std::vector<int64_t>;
  const double per_unit = static_cast<double>(bins) / (high - low);
  return VisitDType(volume.dtype, [&](auto sample) {
    using T = decltype(sample);
    const auto values = volume.As<T>();
    // Whole numbers are added up the same in any order, so a chunk is as long as keeps the counts few.
    return OrderedReduce<Counts>(
        exec, volume.elements(), std::max(kChunk, 4 * bins), Counts(static_cast<size_t>(bins)),
        [&](int64_t begin, int64_t end) {
          Counts counts(static_cast<size_t>(bins));
          for (const T stored : values.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin))) {
            const double value = volume.slope * static_cast<double>(stored) + volume.intercept;
            if (!(value >= low && value <= high)) continue;
            ++counts[static_cast<size_t>(std::min(static_cast<int64_t>((value - low) * per_unit), bins - 1))];
          }
          return counts;
        },
        [](Counts& into, Counts&& part) {
          for (size_t b = 0; b < part.size(); ++b) into[b] += part[b];
        });
  });
}

}  // namespace isovox::formats
