#include "simd/planar.h"

#include <algorithm>
#include <limits>

#include "simd/targets.h"

namespace isovox::simd {
namespace {

[[gnu::always_inline]] inline void AlongThree(const double* __restrict x, const double* __restrict y, const double* __restrict z, int64_t n, double u,
                                              double v, double w, double* __restrict out) {
  for (int64_t p = 0; p < n; ++p) out[p] = x[p] * u + y[p] * v + z[p] * w;
}

[[gnu::always_inline]] inline void TakeTurn(const double* __restrict x, const double* __restrict y, int64_t n, const Edge& e, double* __restrict least) {
  const double dx = e.bx - e.ax, dy = e.by - e.ay;
  for (int64_t p = 0; p < n; ++p) {
    const double turn = dx * (y[p] - e.ay) - dy * (x[p] - e.ax);
    least[p] = turn < least[p] ? turn : least[p];
  }
}

}  // namespace

ISOVOX_CPU_TARGETS void Along(const Coordinates& points, double u, double v, double w, double* out) {
  AlongThree(points.x.data(), points.y.data(), points.z.data(), static_cast<int64_t>(points.x.size()), u, v, w, out);
}

ISOVOX_CPU_TARGETS int64_t FarthestAlong(const double* x, const double* y, int64_t n, double u, double v) {
  constexpr int64_t kLanes = 8;
  double most[kLanes];
  std::fill_n(most, kLanes, -std::numeric_limits<double>::infinity());
  int64_t p = 0;
  for (; p + kLanes <= n; p += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) {
      const double along = x[p + l] * u + y[p + l] * v;
      most[l] = along > most[l] ? along : most[l];
    }
  }
  for (; p < n; ++p) most[0] = std::max(most[0], x[p] * u + y[p] * v);
  const double farthest = *std::max_element(most, most + kLanes);
  for (p = 0; p + 1 < n; ++p) {
    if (x[p] * u + y[p] * v == farthest) break;
  }
  return p;
}

ISOVOX_CPU_TARGETS void LeastTurn(const double* x, const double* y, int64_t n, const Edge* edges, int64_t count, double* least) {
  std::fill_n(least, n, std::numeric_limits<double>::infinity());
  for (int64_t e = 0; e < count; ++e) TakeTurn(x, y, n, edges[e], least);
}

}  // namespace isovox::simd
