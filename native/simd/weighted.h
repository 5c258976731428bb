// Weighted values, added up and brought back to their mean.
#pragma once

#include <cstdint>

namespace isovox::simd {

// sums[x] += values[x] * weights[x] for x in [0, n).
void AddWeighted(const float* values, const float* weights, int64_t n, float* sums);
// The same with the values in the opposite order.
void AddWeightedBackwards(const float* values, const float* weights, int64_t n, float* sums);
// sums[x] /= factor * weights[x] for x in [0, n), as double.
void DivideByWeights(float* sums, const double* weights, double factor, int64_t n);

}  // namespace isovox::simd
