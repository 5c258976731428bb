#include "simd/binning.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "simd/targets.h"

namespace isovox::simd {

namespace {

// Eight numbers; targets with narrower registers take several.
typedef double Lanes __attribute__((vector_size(64)));
constexpr int64_t kLanes = 8;

[[gnu::always_inline]] inline void Load(const double* from, Lanes& to) { std::memcpy(&to, from, sizeof to); }

struct Extremes {
  Lanes low, high;

  [[gnu::always_inline]] void Add(const Lanes& x) {
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  Ends Of() const {
    Ends ends{low[0], high[0]};
    for (int64_t l = 1; l < kLanes; ++l) ends = {std::min(ends.least, low[l]), std::max(ends.most, high[l])};
    return ends;
  }
};

}  // namespace

ISOVOX_CPU_TARGETS Ends EndsOf(const double* values, int64_t n) {
  Ends ends{values[0], values[0]};
  int64_t x = 0;
  if (n >= kLanes) {
    Lanes some;
    Load(values, some);
    Extremes extremes{some, some};
    for (x = kLanes; x + kLanes <= n; x += kLanes) {
      Load(values + x, some);
      extremes.Add(some);
    }
    ends = extremes.Of();
  }
  for (; x < n; ++x) ends = {std::min(ends.least, values[x]), std::max(ends.most, values[x])};
  return ends;
}

ISOVOX_CPU_TARGETS Ends EndsAlong(const Coordinates& points, double u, double v, double w) {
  const double *x = points.x.data(), *y = points.y.data(), *z = points.z.data();
  const auto n = static_cast<int64_t>(points.x.size());
  const double first = x[0] * u + y[0] * v + z[0] * w;
  Ends ends{first, first};
  int64_t p = 0;
  if (n >= kLanes) {
    Extremes extremes{Lanes{} + first, Lanes{} + first};
    for (; p + kLanes <= n; p += kLanes) {
      Lanes px, py, pz;
      Load(x + p, px);
      Load(y + p, py);
      Load(z + p, pz);
      extremes.Add(px * u + py * v + pz * w);
    }
    ends = extremes.Of();
  }
  for (; p < n; ++p) {
    const double along = x[p] * u + y[p] * v + z[p] * w;
    ends = {std::min(ends.least, along), std::max(ends.most, along)};
  }
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

ISOVOX_CPU_TARGETS void SettleBins(const double* values, int64_t n, double edge, double width, int32_t last, int32_t* bins) {
  for (int64_t x = 0; x < n; ++x) {
    const double bin = static_cast<double>(bins[x]);
    const bool above = bins[x] != last && values[x] >= edge + bin * width;
    const bool below = bins[x] > 1 && values[x] < edge + (bin - 1) * width;
    bins[x] += static_cast<int32_t>(above) - static_cast<int32_t>(below);
  }
}

}  // namespace isovox::simd
