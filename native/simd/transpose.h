// Rows to columns.
#pragma once

#include <cstdint>

namespace isovox::simd {

// to[c * to_stride + r] = from[r * from_stride + c] for r < rows and c < columns.
void Transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride);
void Transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride);

}  // namespace isovox::simd
