// The inner loops of a dose-volume histogram, as plain C++ over arrays.
//
// Written so that the compiler makes vector instructions of them; no operation is reordered or fused, so any number of
// lanes gives the same bits.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace isovox {

// From the middles of four grid rows to one line between them.
struct BlendWeights {
  float w00, w10, w01, w11;      // of the four rows
  float sj, tj, sk, tk;          // 1 - way and way across the first and the second axis
  float half_v, half_w;          // half a cell as part of the nodes' distance, along these axes
};

// Where cells lie among bins. Each `from[c]` to `to[c]`, in bins from the lowest edge, spreads its share evenly.
struct CellPlaces {
  static constexpr size_t kBlock = 64;
  alignas(64) float from[kBlock], to[kBlock], density[kBlock];
  alignas(64) int32_t first[kBlock], last[kBlock];
};

struct BinScale {
  float low, inverse, top;  // the lowest edge, bins per gray, number of bins
};

// Comparisons are written so that each is one vector instruction.
inline void PlaceCells(const float* __restrict dose, const float* __restrict spread, size_t count,
                       const BinScale& scale, float each, CellPlaces& __restrict out) {
  const float low = scale.low, inverse = scale.inverse, top = scale.top;
  for (size_t c = 0; c < count; ++c) {
    const float centre = (dose[c] - low) * inverse;
    float half = spread[c] * inverse;
    half = half > 0.5F ? half : 0.5F;
    float a = centre - half, b = centre + half;
    a = a > 0 ? a : 0;
    a = a < top - 1 ? a : top - 1;
    b = b < top ? b : top;
    b = b > a + 1 ? b : a + 1;  // at an end, one bin at least
    out.from[c] = a;
    out.to[c] = b;
    out.density[c] = each / (b - a);
    out.first[c] = static_cast<int32_t>(a);
    out.last[c] = static_cast<int32_t>(b);
  }
}

// Four grid rows to one: the dose on the row's middle line, the square of its spread across, and its bounds across.
template <size_t kStride>
inline void BlendRows(const float* __restrict p00, const float* __restrict p10, const float* __restrict p01,
                      const float* __restrict p11, size_t stride, size_t count, const BlendWeights& weights,
                      float* __restrict node, float* __restrict across2, float* __restrict least,
                      float* __restrict most) {
  const size_t step = kStride != 0 ? kStride : stride;
  const BlendWeights w = weights;
  for (size_t n = 0; n < count; ++n) {
    const float a = p00[n * step], b = p10[n * step], c = p01[n * step], d = p11[n * step];
    const float middle = w.w00 * a + w.w10 * b + w.w01 * c + w.w11 * d;
    const float gv = (w.sk * (b - a) + w.tk * (d - c)) * w.half_v, gw = (w.sj * (c - a) + w.tj * (d - b)) * w.half_w;
    const float across = std::abs(gv) + std::abs(gw);
    const float low_v = a < b ? a : b, low_w = c < d ? c : d, high_v = a > b ? a : b, high_w = c > d ? c : d;
    const float bottom = low_v < low_w ? low_v : low_w, top = high_v > high_w ? high_v : high_w;
    const float under = middle - across, over = middle + across;
    node[n] = middle;
    across2[n] = gv * gv + gw * gw;
    least[n] = under > bottom ? under : bottom;
    most[n] = over < top ? over : top;
  }
}

// Steps between nodes [0, count] and the spread of a cell on each.
inline void StepNodes(const float* __restrict node, const float* __restrict across2, size_t count, float half_u,
                      float* __restrict step, float* __restrict spread) {
  for (size_t n = 0; n < count; ++n) {
    step[n] = node[n + 1] - node[n];
    const float gu = step[n] * half_u;
    const float mean2 = 0.5F * (across2[n] + across2[n + 1]);
    spread[n] = std::sqrt(gu * gu + mean2);
  }
}

// Cells from their nodes: cell c lies way[c] beyond node index[c] - low.
inline void FillCells(const int32_t* __restrict index, int32_t low, const float* __restrict way, size_t count,
                      const float* __restrict node, const float* __restrict step,
                      const float* __restrict step_spread, float* __restrict dose, float* __restrict spread) {
  for (size_t c = 0; c < count; ++c) {
    const int32_t n = index[c] - low;
    dose[c] = node[n] + way[c] * step[n];
    spread[c] = step_spread[n];
  }
}

// In eight sums, so that additions do not wait for each other; always the same eight.
inline double SumOf(const float* values, size_t count) {
  constexpr size_t kLanes = 8;
  double lanes[kLanes] = {};
  size_t n = 0;
  for (; n + kLanes <= count; n += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += static_cast<double>(values[n + lane]);
  }
  for (; n < count; ++n) lanes[0] += static_cast<double>(values[n]);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

// Widens [least, most] to the least of `low` and the greatest of `high`.
inline void WidenExtremes(const float* __restrict low, const float* __restrict high, size_t count, float& least,
                          float& most) {
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
