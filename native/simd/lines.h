// Kernels over lines of numbers: what filters spend their time in. One plain body each, compiled for several CPU targets
// and chosen when the program starts; products and sums are rounded one by one, so every target gives the same bits.
#pragma once

#include <cstdint>

namespace isovox::simd {

// out[x] = weights[0] * rows[0][x] + weights[1] * rows[1][x] + ... for x in [0, n), summed in this order.
void WeightedSum(const float* const* rows, const float* weights, int64_t taps, float* out, int64_t n);
void WeightedSum(const double* const* rows, const double* weights, int64_t taps, double* out, int64_t n);

// The same added to what `out` holds.
void AddWeightedSum(const float* const* rows, const float* weights, int64_t taps, float* out, int64_t n);
void AddWeightedSum(const double* const* rows, const double* weights, int64_t taps, double* out, int64_t n);

// Both for weights that read the same from either end, of an odd number of taps: rows that share a weight are added first,
// from the outermost inwards, the middle one last.
void MirroredSum(const float* const* rows, const float* weights, int64_t taps, float* out, int64_t n);
void MirroredSum(const double* const* rows, const double* weights, int64_t taps, double* out, int64_t n);
void AddMirroredSum(const float* const* rows, const float* weights, int64_t taps, float* out, int64_t n);
void AddMirroredSum(const double* const* rows, const double* weights, int64_t taps, double* out, int64_t n);

// Whether none is infinite or NaN.
bool AllFinite(const float* values, int64_t n);
bool AllFinite(const double* values, int64_t n);

// The middle of the 27 values rows[r][x], rows[r][x + 1], rows[r][x + 2] of nine rows, for x in [0, n).
// REQUIRES: none is NaN.
void MedianOf27(const float* const* rows, float* out, int64_t n);
void MedianOf27(const double* const* rows, double* out, int64_t n);

}  // namespace isovox::simd
