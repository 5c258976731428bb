#include "simd/binning.h"

#include <algorithm>
#include <cmath>

#include "simd/targets.h"

namespace isovox::simd {

ISOVOX_CPU_TARGETS Ends EndsOf(const double* values, int64_t n) {
  constexpr int64_t kLanes = 8;
  double low[kLanes], high[kLanes];
  for (int64_t l = 0; l < kLanes; ++l) low[l] = high[l] = values[0];
  int64_t x = 0;
  for (; x + kLanes <= n; x += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) {
      low[l] = values[x + l] < low[l] ? values[x + l] : low[l];
      high[l] = values[x + l] > high[l] ? values[x + l] : high[l];
    }
  }
  Ends ends{*std::min_element(low, low + kLanes), *std::max_element(high, high + kLanes)};
  for (; x < n; ++x) ends = {std::min(ends.least, values[x]), std::max(ends.most, values[x])};
  return ends;
}

ISOVOX_CPU_TARGETS bool AllWhole(const double* values, int64_t n) {
  constexpr int64_t kAtOnce = 4096;
  for (int64_t from = 0; from < n; from += kAtOnce) {
    const int64_t to = std::min(n, from + kAtOnce);
    int64_t broken = 0;
    for (int64_t x = from; x < to; ++x) broken += values[x] != std::floor(values[x]);
    if (broken > 0) return false;
  }
  return true;
}

ISOVOX_CPU_TARGETS int64_t BinsOfWidth(const double* values, int64_t n, double edge, double width, int32_t* bins) {
  int64_t below = 0;
  for (int64_t x = 0; x < n; ++x) {
    const double bin = std::floor((values[x] - edge) / width) + 1;
    below += bin < 1;
    bins[x] = static_cast<int32_t>(bin < 1 ? 1.0 : bin > 2147483647.0 ? 2147483647.0 : bin);
  }
  return below;
}

ISOVOX_CPU_TARGETS void BinsOfCount(const double* values, int64_t n, double least, double span, int32_t count,
                                    int32_t* bins) {
  const auto scale = static_cast<double>(count);
  for (int64_t x = 0; x < n; ++x) {
    const double bin = std::floor(scale * (values[x] - least) / span) + 1;
    bins[x] = static_cast<int32_t>(bin > scale ? scale : bin);
  }
}

}  // namespace isovox::simd
