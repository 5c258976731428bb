#include "simd/transpose.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "simd/targets.h"

namespace isovox::simd {
namespace {

constexpr int kSide = 8;

typedef float Row __attribute__((vector_size(kSide * sizeof(float))));
// Rows a and b, `apart` from each other, exchange the blocks of that side that lie off their diagonal.
template <int apart, int... l>
[[gnu::always_inline]] inline void Exchange(Row& a, Row& b, std::integer_sequence<int, l...>) {
  const Row first = __builtin_shufflevector(a, b, ((l & apart) != 0 ? kSide + l - apart : l)...);
  b = __builtin_shufflevector(a, b, ((l & apart) != 0 ? kSide + l : l + apart)...);
  a = first;
}

template <int apart>
[[gnu::always_inline]] inline void ExchangeAll(Row (&v)[kSide]) {
#pragma GCC unroll 8
  for (int r = 0; r < kSide; ++r) {
    if ((r & apart) == 0) Exchange<apart>(v[r], v[r + apart], std::make_integer_sequence<int, kSide>());
  }
}

[[gnu::always_inline]] inline void Square(const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  Row v[kSide];
#pragma GCC unroll 8
  for (int r = 0; r < kSide; ++r) std::memcpy(&v[r], from + r * from_stride, sizeof v[r]);
  ExchangeAll<4>(v);
  ExchangeAll<2>(v);
  ExchangeAll<1>(v);
#pragma GCC unroll 8
  for (int r = 0; r < kSide; ++r) std::memcpy(to + r * to_stride, &v[r], sizeof v[r]);
}

template <typename T>
void Rest(const T* from, int64_t from_stride, int64_t rows, int64_t columns, T* to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[c * to_stride + r] = from[r * from_stride + c];
  }
}

}  // namespace

ISOVOX_CPU_TARGETS void Transpose(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; r += kSide) {
    for (int64_t c = 0; c < columns; c += kSide) {
      const float* at = from + r * from_stride + c;
      float* into = to + c * to_stride + r;
      if (r + kSide <= rows && c + kSide <= columns) {
        Square(at, from_stride, into, to_stride);
      } else {
        Rest(at, from_stride, std::min<int64_t>(kSide, rows - r), std::min<int64_t>(kSide, columns - c), into, to_stride);
      }
    }
  }
}

void Transpose(const double* from, int64_t from_stride, int64_t rows, int64_t columns, double* to, int64_t to_stride) {
  for (int64_t r = 0; r < rows; r += kSide) {
    for (int64_t c = 0; c < columns; c += kSide) {
      Rest(from + r * from_stride + c, from_stride, std::min<int64_t>(kSide, rows - r), std::min<int64_t>(kSide, columns - c), to + c * to_stride + r, to_stride);
    }
  }
}

}  // namespace isovox::simd
