#include "dose/cell_kernels.h"

#include <algorithm>
#include <cmath>

#include "simd/targets.h"

namespace isovox {
namespace {

template <size_t kStride>
inline __attribute__((always_inline)) void BlendStrided(const float* __restrict p00, const float* __restrict p10,
                                                        const float* __restrict p01, const float* __restrict p11,
                                                        size_t stride, size_t count, const BlendWeights& weights,
                                                        float* __restrict node, float* __restrict half_v,
                                                        float* __restrict half_w) {
  const size_t step = kStride != 0 ? kStride : stride;
  const BlendWeights w = weights;
  for (size_t n = 0; n < count; ++n) {
    const float a = p00[n * step], b = p10[n * step], c = p01[n * step], d = p11[n * step];
    node[n] = w.w00 * a + w.w10 * b + w.w01 * c + w.w11 * d;
    half_v[n] = (w.sk * (b - a) + w.tk * (d - c)) * w.half_v;
    half_w[n] = (w.sj * (c - a) + w.tj * (d - b)) * w.half_w;
  }
}

template <typename Volume>
inline __attribute__((always_inline)) void Place(const float* __restrict dose, const float* __restrict spread,
                                                 size_t count, const BinScale& scale, Volume&& volume,
                                                 CellPlaces& __restrict out) {
  const float low = scale.low, inverse = scale.inverse, top = scale.top;
  const size_t padded = (count + kPadding - 1) / kPadding * kPadding;
  for (size_t c = 0; c < padded; ++c) {
    const float centre = (dose[c] - low) * inverse;
    float half = spread[c] * inverse;
    half = half > 0.5F ? half : 0.5F;
    float a = centre - half + 0.5F, b = centre + half + 0.5F;
    a = a > 0 ? a : 0;
    a = a < top - 1 ? a : top - 1;
    b = b < top ? b : top;
    const auto first = static_cast<int32_t>(a);
    auto last = static_cast<int32_t>(b);
    last = last > first ? last : first + 1;
    out.first[c] = first;
    out.last[c] = last;
    out.density[c] = volume(c) / static_cast<float>(last - first);
  }
}

}  // namespace

ISOVOX_FOR_CPUS
void PlaceCells(const float* dose, const float* spread, size_t count, const BinScale& scale, float each,
                CellPlaces& out) {
  Place(dose, spread, count, scale, [each](size_t) { return each; }, out);
}

ISOVOX_FOR_CPUS
void PlaceParts(const float* dose, const float* spread, const float* volume, size_t count, const BinScale& scale,
                CellPlaces& out) {
  Place(dose, spread, count, scale, [volume](size_t c) { return volume[c]; }, out);
}

ISOVOX_FOR_CPUS
void BlendRows(const GridRows& rows, size_t count, const BlendWeights& weights, const BlendedRow& out) {
  if (rows.stride == 1) {
    BlendStrided<1>(rows.p00, rows.p10, rows.p01, rows.p11, 1, count, weights, out.node, out.half_v, out.half_w);
  } else {
    BlendStrided<0>(rows.p00, rows.p10, rows.p01, rows.p11, rows.stride, count, weights, out.node, out.half_v,
                    out.half_w);
  }
}

ISOVOX_FOR_CPUS
void WidenAcross(const GridRows& rows, const BlendedRow& row, size_t first, size_t last, float& least, float& most) {
  constexpr size_t kLanes = 8;
  float low[kLanes], high[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    low[lane] = least;
    high[lane] = most;
  }
  const auto widen = [&](size_t n, size_t at, size_t lane) {
    const float a = rows.p00[at], b = rows.p10[at], c = rows.p01[at], d = rows.p11[at];
    const float low_v = a < b ? a : b, low_w = c < d ? c : d, high_v = a > b ? a : b, high_w = c > d ? c : d;
    const float bottom = low_v < low_w ? low_v : low_w, top = high_v > high_w ? high_v : high_w;
    const float across = std::abs(row.half_v[n]) + std::abs(row.half_w[n]);
    const float under = row.node[n] - across, over = row.node[n] + across;
    const float x = under > bottom ? under : bottom, y = over < top ? over : top;
    low[lane] = x < low[lane] ? x : low[lane];
    high[lane] = y > high[lane] ? y : high[lane];
  };
  size_t n = first;
  if (rows.stride == 1) {
    for (; n + kLanes <= last; n += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) widen(n + lane, n + lane, lane);
    }
  }
  for (; n < last; ++n) widen(n, n * rows.stride, 0);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    least = low[lane] < least ? low[lane] : least;
    most = high[lane] > most ? high[lane] : most;
  }
}

ISOVOX_FOR_CPUS
void StepNodes(const BlendedRow& row, size_t count, float half_u, float* __restrict step, float* __restrict spread) {
  const float* __restrict node = row.node;
  const float* __restrict half_v = row.half_v;
  const float* __restrict half_w = row.half_w;
  for (size_t n = 0; n < count; ++n) {
    step[n] = node[n + 1] - node[n];
    const float gu = step[n] * half_u;
    const float across2 = half_v[n] * half_v[n] + half_w[n] * half_w[n];
    const float next2 = half_v[n + 1] * half_v[n + 1] + half_w[n + 1] * half_w[n + 1];
    spread[n] = std::sqrt(gu * gu + 0.5F * (across2 + next2));
  }
}

ISOVOX_FOR_CPUS
void FillCells(const int32_t* __restrict index, int32_t low, const float* __restrict way, size_t count,
               const float* __restrict node, const float* __restrict step, const float* __restrict step_spread,
               float* __restrict dose, float* __restrict spread) {
  for (size_t c = 0; c < count; ++c) {
    const int32_t n = index[c] - low;
    dose[c] = node[n] + way[c] * step[n];
    spread[c] = step_spread[n];
  }
}

ISOVOX_FOR_CPUS
double SumOf(const float* values, size_t count) {
  constexpr size_t kLanes = 8;
  double lanes[kLanes] = {};
  size_t n = 0;
  for (; n + kLanes <= count; n += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += static_cast<double>(values[n + lane]);
  }
  for (; n < count; ++n) lanes[0] += static_cast<double>(values[n]);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

ISOVOX_FOR_CPUS
void FindExtremes(const float* __restrict values, size_t count, float& least, float& most) {
  constexpr size_t kLanes = 32;
  float a[kLanes], b[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    a[lane] = least;
    b[lane] = most;
  }
  size_t n = 0;
  for (; n + kLanes <= count; n += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float value = values[n + lane];
      a[lane] = value < a[lane] ? value : a[lane];
      b[lane] = value > b[lane] ? value : b[lane];
    }
  }
  for (; n < count; ++n) {
    a[0] = values[n] < a[0] ? values[n] : a[0];
    b[0] = values[n] > b[0] ? values[n] : b[0];
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    least = a[lane] < least ? a[lane] : least;
    most = b[lane] > most ? b[lane] : most;
  }
}

ISOVOX_FOR_CPUS
void WidenExtremes(const float* __restrict low, const float* __restrict high, size_t count, float& least, float& most) {
  constexpr size_t kLanes = 16;
  float a[kLanes], b[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    a[lane] = least;
    b[lane] = most;
  }
  size_t n = 0;
  for (; n + kLanes <= count; n += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      a[lane] = low[n + lane] < a[lane] ? low[n + lane] : a[lane];
      b[lane] = high[n + lane] > b[lane] ? high[n + lane] : b[lane];
    }
  }
  for (; n < count; ++n) {
    a[0] = low[n] < a[0] ? low[n] : a[0];
    b[0] = high[n] > b[0] ? high[n] : b[0];
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    least = a[lane] < least ? a[lane] : least;
    most = b[lane] > most ? b[lane] : most;
  }
}

}  // namespace isovox
