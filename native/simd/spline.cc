#include "simd/spline.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "simd/targets.h"

namespace isovox::simd {
namespace {

template <typename T>
struct Lanes {
  typedef T Type __attribute__((vector_size(64)));
};

template <typename V, typename T>
[[gnu::always_inline]] inline void Load(const T* from, V& to) {
  std::memcpy(&to, from, sizeof to);
}
template <typename V, typename T>
[[gnu::always_inline]] inline void Store(const V& from, T* to) {
  std::memcpy(to, &from, sizeof from);
}

// V is T, or several of them side by side.
template <typename V, typename T>
[[gnu::always_inline]] inline void Coefficients(T* line, int64_t n, int64_t stride) {
  const double pole = std::sqrt(3.0) - 2;
  const T z = static_cast<T>(pole), end_gain = static_cast<T>(pole / (pole * pole - 1));
  const auto horizon = std::min<int64_t>(n, 40);  // pole^40 < 1e-22
  V sum{}, x;
  double power = 1;
  if (horizon < n) {
    for (int64_t t = 0; t < horizon; ++t, power *= pole) {
      Load(line + t * stride, x);
      sum += static_cast<T>(power) * x;
    }
  } else {
    const double last = std::pow(pole, static_cast<double>(2 * n - 2));
    for (int64_t t = 0; t < n; ++t, power *= pole) {
      const double back = t == 0 || t == n - 1 ? 0 : last / power;
      Load(line + t * stride, x);
      sum += static_cast<T>(power + back) * x;
    }
    sum /= static_cast<T>(1 - last);
  }
  Store(sum, line);
  V before{};
  for (int64_t t = 1; t < n; ++t) {
    before = sum;
    Load(line + t * stride, x);
    sum = x + z * sum;
    Store(sum, line + t * stride);
  }
  sum = end_gain * (sum + z * before);
  Store(V(sum * T{6}), line + (n - 1) * stride);
  for (int64_t t = n - 2; t >= 0; --t) {
    Load(line + t * stride, x);
    sum = z * (sum - x);
    Store(V(sum * T{6}), line + t * stride);
  }
}

template <typename T>
[[gnu::always_inline]] inline void AllCoefficients(T* lines, int64_t n, int64_t width, int64_t stride) {
  using Vector = typename Lanes<T>::Type;
  constexpr int64_t kLanes = 64 / sizeof(T);
  int64_t b = 0;
  for (; b + kLanes <= width; b += kLanes) Coefficients<Vector>(lines + b, n, stride);
  for (; b < width; ++b) Coefficients<T>(lines + b, n, stride);
}

// V is T, or several of them side by side.
template <typename V, typename T>
[[gnu::always_inline]] inline void Weigh(const T* column, int64_t stride, const Taps<T>& taps, int64_t count, T* to) {
  V sum{}, x;
  if (count == 2) {
    Load(column + taps.at[0] * stride, sum);
    Load(column + taps.at[1] * stride, x);
    Store(V(sum + taps.weight[1] * (x - sum)), to);
    return;
  }
  for (int64_t k = 0; k < count; ++k) {
    Load(column + taps.at[static_cast<size_t>(k)] * stride, x);
    sum += taps.weight[static_cast<size_t>(k)] * x;
  }
  Store(sum, to);
}

template <typename T>
[[gnu::always_inline]] inline void Interpolated(const T* lines, int64_t stride, const Taps<T>* taps, int64_t n, int64_t count, int64_t width,
                                                T* out, int64_t out_stride) {
  using Vector = typename Lanes<T>::Type;
  constexpr int64_t kLanes = 64 / sizeof(T);
  for (int64_t o = 0; o < n; ++o) {
    T* to = out + o * out_stride;
    int64_t b = 0;
    for (; b + kLanes <= width; b += kLanes) Weigh<Vector>(lines + b, stride, taps[o], count, to + b);
    for (; b < width; ++b) Weigh<T>(lines + b, stride, taps[o], count, to + b);
  }
}

}  // namespace

ISOVOX_CPU_TARGETS void SplineCoefficients(float* lines, int64_t n, int64_t width, int64_t stride) { AllCoefficients(lines, n, width, stride); }
ISOVOX_CPU_TARGETS void SplineCoefficients(double* lines, int64_t n, int64_t width, int64_t stride) { AllCoefficients(lines, n, width, stride); }

ISOVOX_CPU_TARGETS void Interpolate(const float* lines, int64_t stride, const Taps<float>* taps, int64_t n, int64_t count, int64_t width,
                                    float* out, int64_t out_stride) {
  Interpolated(lines, stride, taps, n, count, width, out, out_stride);
}
ISOVOX_CPU_TARGETS void Interpolate(const double* lines, int64_t stride, const Taps<double>* taps, int64_t n, int64_t count, int64_t width,
                                    double* out, int64_t out_stride) {
  Interpolated(lines, stride, taps, n, count, width, out, out_stride);
}

}  // namespace isovox::simd
