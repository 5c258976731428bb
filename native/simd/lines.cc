#include "simd/lines.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include "simd/targets.h"

namespace isovox::simd {
namespace {

// Sums of a tile stay in registers while its taps go by.
template <typename T, bool kAdd>
[[gnu::always_inline]] inline void SumTiles(const T* const* rows, const T* weights, int64_t taps, T* out, int64_t n) {
  constexpr int64_t kTile = 256 / sizeof(T);
  int64_t x = 0;
  for (; x + kTile <= n; x += kTile) {
    T sum[kTile];
    for (int64_t u = 0; u < kTile; ++u) sum[u] = kAdd ? out[x + u] : T{0};
    for (int64_t t = 0; t < taps; ++t) {
      const T* row = rows[t] + x;
      const T weight = weights[t];
      for (int64_t u = 0; u < kTile; ++u) sum[u] += weight * row[u];
    }
    for (int64_t u = 0; u < kTile; ++u) out[x + u] = sum[u];
  }
  for (; x < n; ++x) {
    T sum = kAdd ? out[x] : T{0};
    for (int64_t t = 0; t < taps; ++t) sum += weights[t] * rows[t][x];
    out[x] = sum;
  }
}

// Numbers as integers in the same order, so that the lesser of two is one instruction and NaNs have a place.
template <typename T>
using Rank = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;

template <typename T>
[[gnu::always_inline]] inline Rank<T> RankOf(T value) {
  const auto bits = std::bit_cast<Rank<T>>(value);
  return bits ^ ((bits >> (sizeof(T) * 8 - 1)) & std::numeric_limits<Rank<T>>::max());
}

template <typename R>
[[gnu::always_inline]] inline void Order(R& a, R& b) {
  const R low = std::min(a, b);
  b = std::max(a, b);
  a = low;
}

template <typename R>
[[gnu::always_inline]] inline void Order3(R& a, R& b, R& c) {
  Order(b, c);
  Order(a, b);
  Order(b, c);
}

// Each column of nine is sorted once for the three windows that hold it. Of three sorted columns, sorted again across,
// 13 values can still be the middle; a value leaves with every further one that is looked at, at both ends.
template <typename T>
[[gnu::always_inline]] inline void MedianTiles(const T* const* rows, T* out, int64_t n) {
  using R = Rank<T>;
  constexpr int64_t kTile = 64;
  R column[9][kTile + 2];
  for (int64_t x0 = 0; x0 < n; x0 += kTile) {
    const int64_t width = std::min(kTile, n - x0);
    for (int64_t x = 0; x < width + 2; ++x) {
      R v[9];
      for (int r = 0; r < 9; ++r) v[r] = RankOf(rows[r][x0 + x]);
      Order3(v[0], v[1], v[2]);
      Order3(v[3], v[4], v[5]);
      Order3(v[6], v[7], v[8]);
      Order3(v[0], v[3], v[6]);
      Order3(v[1], v[4], v[7]);
      Order3(v[2], v[5], v[8]);
      // v is sorted along both axes of a square of three; what is left lies along its other diagonal.
      Order(v[1], v[3]);
      Order(v[5], v[7]);
      Order3(v[2], v[4], v[6]);
      Order(v[2], v[3]);
      Order(v[5], v[6]);
      for (int r = 0; r < 9; ++r) column[r][x] = v[r];
    }
    for (int64_t x = 0; x < width; ++x) {
      R a[9], b[9], c[9];
      for (int r = 0; r < 9; ++r) {
        a[r] = column[r][x];
        b[r] = column[r][x + 1];
        c[r] = column[r][x + 2];
        Order3(a[r], b[r], c[r]);
      }
      // The chains that can hold the middle: a[5..8], b[2..6], c[0..3]. The least and the largest are at their ends.
      R m[13] = {a[5], a[6], a[7], a[8], b[2], b[3], b[4], b[5], b[6], c[0], c[1], c[2], c[3]};
      for (int i = 0; i < 6; ++i) {
        // The least of m[i .. 12 - i] comes to m[i], the largest to m[12 - i].
        for (int u = i, w = 12 - i; u < w; ++u, --w) Order(m[u], m[w]);
        for (int u = i + 1; u <= 6; ++u) Order(m[i], m[u]);
        for (int u = 6; u < 12 - i; ++u) Order(m[u], m[12 - i]);
      }
      const R bits = m[6] ^ ((m[6] >> (sizeof(T) * 8 - 1)) & std::numeric_limits<R>::max());
      out[x0 + x] = std::bit_cast<T>(bits);
    }
  }
}

}  // namespace

ISOVOX_CPU_TARGETS void WeightedSum(const float* const* rows, const float* weights, int64_t taps, float* out, int64_t n) {
  SumTiles<float, false>(rows, weights, taps, out, n);
}
ISOVOX_CPU_TARGETS void WeightedSum(const double* const* rows, const double* weights, int64_t taps, double* out, int64_t n) {
  SumTiles<double, false>(rows, weights, taps, out, n);
}
ISOVOX_CPU_TARGETS void AddWeightedSum(const float* const* rows, const float* weights, int64_t taps, float* out, int64_t n) {
  SumTiles<float, true>(rows, weights, taps, out, n);
}
ISOVOX_CPU_TARGETS void AddWeightedSum(const double* const* rows, const double* weights, int64_t taps, double* out,
                                       int64_t n) {
  SumTiles<double, true>(rows, weights, taps, out, n);
}

ISOVOX_CPU_TARGETS void MedianOf27(const float* const* rows, float* out, int64_t n) { MedianTiles(rows, out, n); }
ISOVOX_CPU_TARGETS void MedianOf27(const double* const* rows, double* out, int64_t n) { MedianTiles(rows, out, n); }

}  // namespace isovox::simd
