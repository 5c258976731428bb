// Kernels of resampling over lines that lie side by side: element t of line b at [t * stride + b].
#pragma once

#include <array>
#include <cstdint>

namespace isovox::simd {

// In place: the coefficients of the cubic B-spline through each of `width` lines of n > 1 numbers, which are mirrored at
// their ends; one causal and one anticausal recursion with the pole of that spline (M. Unser, 1999).
void SplineCoefficients(float* lines, int64_t n, int64_t width, int64_t stride);
void SplineCoefficients(double* lines, int64_t n, int64_t width, int64_t stride);

// Where one output sample comes from.
template <typename T>
struct Taps {
  std::array<int64_t, 4> at{0, 0, 0, 0};
  std::array<T, 4> weight{0, 0, 0, 0};
};

// out[o * out_stride + b] = sum over the first `count` taps of taps[o], in their order, for o < n and b < width; of two taps
// it is the first and the second's weight times what the second is more, which is the first itself where that is 0.
void Interpolate(const float* lines, int64_t stride, const Taps<float>* taps, int64_t n, int64_t count, int64_t width,
                 float* out, int64_t out_stride);
void Interpolate(const double* lines, int64_t stride, const Taps<double>* taps, int64_t n, int64_t count, int64_t width,
                 double* out, int64_t out_stride);

}  // namespace isovox::simd
