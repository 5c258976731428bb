#include "simd/weighted.h"

#include "simd/targets.h"

namespace isovox::simd {

ISOVOX_CPU_TARGETS void AddWeighted(const float* __restrict values, const float* __restrict weights, int64_t n,
                                    float* __restrict sums) {
  for (int64_t x = 0; x < n; ++x) sums[x] += values[x] * weights[x];
}

ISOVOX_CPU_TARGETS void AddWeightedBackwards(const float* __restrict values, const float* __restrict weights, int64_t n,
                                             float* __restrict sums) {
  for (int64_t x = 0; x < n; ++x) sums[x] += values[n - 1 - x] * weights[x];
}

ISOVOX_CPU_TARGETS void DivideByWeights(float* __restrict sums, const double* __restrict weights, double factor, int64_t n) {
  for (int64_t x = 0; x < n; ++x) sums[x] = static_cast<float>(sums[x] / (factor * weights[x]));
}

}  // namespace isovox::simd
