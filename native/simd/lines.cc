#include "simd/lines.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/targets.h"

namespace isovox::simd {
namespace {

// Sixty-four bytes of numbers, which may lie anywhere; targets with narrower registers take several.
template <typename T>
struct Lanes {
  typedef T Type __attribute__((vector_size(64), aligned(alignof(T)), may_alias));
};

// Sums of four registers stay where they are while the taps go by.
template <typename T, bool kAdd, bool kMirrored>
[[gnu::always_inline]] inline void SumTiles(const T* const* rows, const T* weights, int64_t taps, T* out, int64_t n) {
  using Vector = typename Lanes<T>::Type;
  constexpr int64_t kLanes = 64 / sizeof(T), kTile = 4 * kLanes;
  const auto at = [&](int64_t t, int64_t x) { return reinterpret_cast<const Vector*>(rows[t] + x); };
  const int64_t pairs = kMirrored ? taps / 2 : 0;
  int64_t x = 0;
  for (; x + kTile <= n; x += kTile) {
    auto* to = reinterpret_cast<Vector*>(out + x);
    Vector a{}, b{}, c{}, d{};
    if constexpr (kAdd) {
      a = to[0];
      b = to[1];
      c = to[2];
      d = to[3];
    }
    for (int64_t t = 0; t < pairs; ++t) {
      const Vector *row = at(t, x), *far = at(taps - 1 - t, x);
      const T weight = weights[t];
      a += weight * (row[0] + far[0]);
      b += weight * (row[1] + far[1]);
      c += weight * (row[2] + far[2]);
      d += weight * (row[3] + far[3]);
    }
    for (int64_t t = pairs; t < taps - pairs; ++t) {
      const Vector* row = at(t, x);
      const T weight = weights[t];
      a += weight * row[0];
      b += weight * row[1];
      c += weight * row[2];
      d += weight * row[3];
    }
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
  }
  for (; x + kLanes <= n; x += kLanes) {
    auto* to = reinterpret_cast<Vector*>(out + x);
    Vector a{};
    if constexpr (kAdd) a = *to;
    for (int64_t t = 0; t < pairs; ++t) a += weights[t] * (*at(t, x) + *at(taps - 1 - t, x));
    for (int64_t t = pairs; t < taps - pairs; ++t) a += weights[t] * *at(t, x);
    *to = a;
  }
  for (; x < n; ++x) {
    T sum = kAdd ? out[x] : T{0};
    for (int64_t t = 0; t < pairs; ++t) sum += weights[t] * (rows[t][x] + rows[taps - 1 - t][x]);
    for (int64_t t = pairs; t < taps - pairs; ++t) sum += weights[t] * rows[t][x];
    out[x] = sum;
  }
}

// Of vectors, lane by lane.
template <typename V>
[[gnu::always_inline]] inline void Order(V& a, V& b) {
  const V low = a < b ? a : b;
  b = a < b ? b : a;
  a = low;
}

template <typename V>
[[gnu::always_inline]] inline void Order3(V& a, V& b, V& c) {
  Order(b, c);
  Order(a, b);
  Order(b, c);
}

// Nine values in ascending order; 25 comparisons, held to all inputs of zeros and ones.
template <typename V>
[[gnu::always_inline]] inline void Order9(V (&v)[9]) {
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
}

// Each column of nine is sorted once for the three windows that hold it. Of three sorted columns, sorted again across,
// 13 values can still be the middle; a value leaves with every further one that is looked at, at both ends.
template <typename T>
[[gnu::always_inline]] inline void MedianTiles(const T* const* rows, T* out, int64_t n) {
  using Vector = typename Lanes<T>::Type;
  constexpr int64_t kLanes = 64 / sizeof(T), kTile = 4 * kLanes, kWide = kTile + kLanes;
  T column[9][kWide] = {};
  for (int64_t x0 = 0; x0 < n; x0 += kTile) {
    const int64_t width = kTile < n - x0 ? kTile : n - x0;
    // What lies beyond the rows is not read.
    const bool inner = x0 + kWide <= n + 2;
    for (int r = 0; r < 9 && !inner; ++r) std::copy_n(rows[r] + x0, width + 2, column[r]);
  const auto at = [&](int r, int64_t x) -> Vector& { return *reinterpret_cast<Vector*>(&column[r][x]); };
    for (int64_t x = 0; x < width + 2; x += kLanes) {
      Vector v[9];
      for (int r = 0; r < 9; ++r) v[r] = inner ? *reinterpret_cast<const Vector*>(rows[r] + x0 + x) : at(r, x);
      Order9(v);
      for (int r = 0; r < 9; ++r) at(r, x) = v[r];
    }
    for (int64_t x = 0; x < width; x += kLanes) {
      // The chains that can hold the middle: a[5..8], b[2..6], c[0..3] of the columns sorted across.
      Vector m[13];
      for (int r = 0; r < 9; ++r) {
        Vector a = at(r, x), b = at(r, x + 1), c = at(r, x + 2);
        Order3(a, b, c);
        if (r >= 5) m[r - 5] = a;
        if (r >= 2 && r <= 6) m[r + 2] = b;
        if (r <= 3) m[r + 9] = c;
      }
#pragma GCC unroll 8
      for (int i = 0; i < 6; ++i) {
        // The least of m[i .. 12 - i] comes to m[i], the largest to m[12 - i].
#pragma GCC unroll 8
        for (int u = i; u < 12 - u; ++u) Order(m[u], m[12 - u]);
#pragma GCC unroll 8
        for (int u = i + 1; u <= 6; ++u) Order(m[i], m[u]);
#pragma GCC unroll 8
        for (int u = 6; u < 12 - i; ++u) Order(m[u], m[12 - i]);
      }
      if (inner) {
        *reinterpret_cast<Vector*>(out + x0 + x) = m[6];
        continue;
      }
      T middle[kLanes];
      *reinterpret_cast<Vector*>(middle) = m[6];
      std::copy_n(middle, std::min(kLanes, width - x), out + x0 + x);
    }
  }
}

template <typename T>
[[gnu::always_inline]] inline bool Finite(const T* values, int64_t n) {
  constexpr int64_t kAtOnce = 4096;
  for (int64_t from = 0; from < n; from += kAtOnce) {
    const int64_t to = std::min(n, from + kAtOnce);
    int broken = 0;
    for (int64_t x = from; x < to; ++x) broken |= !(std::abs(values[x]) <= std::numeric_limits<T>::max());
    if (broken != 0) return false;
  }
  return true;
}

}  // namespace

ISOVOX_CPU_TARGETS bool AllFinite(const float* values, int64_t n) { return Finite(values, n); }
ISOVOX_CPU_TARGETS bool AllFinite(const double* values, int64_t n) { return Finite(values, n); }

#define ISOVOX_SUM(name, number, ...)                                                                                       \
  ISOVOX_CPU_TARGETS void name(const number* const* rows, const number* weights, int64_t taps, number* out, int64_t n) {    \
    SumTiles<number, __VA_ARGS__>(rows, weights, taps, out, n);                                                             \
  }
ISOVOX_SUM(WeightedSum, float, false, false)
ISOVOX_SUM(WeightedSum, double, false, false)
ISOVOX_SUM(AddWeightedSum, float, true, false)
ISOVOX_SUM(AddWeightedSum, double, true, false)
ISOVOX_SUM(MirroredSum, float, false, true)
ISOVOX_SUM(MirroredSum, double, false, true)
ISOVOX_SUM(AddMirroredSum, float, true, true)
ISOVOX_SUM(AddMirroredSum, double, true, true)
#undef ISOVOX_SUM

ISOVOX_CPU_TARGETS void MedianOf27(const float* const* rows, float* out, int64_t n) { MedianTiles(rows, out, n); }
ISOVOX_CPU_TARGETS void MedianOf27(const double* const* rows, double* out, int64_t n) { MedianTiles(rows, out, n); }

}  // namespace isovox::simd
