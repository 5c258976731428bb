// Boxes with their axes in another order: slices across any axis become slices across k.
#pragma once

#include <array>
#include <cstdint>

#include "filters/field.h"
#include "radiomics/region.h"

namespace isovox::radiomics {

// Axis n of what is made is axis order[n] of what is given.
using AxisOrder = std::array<size_t, 3>;
inline constexpr AxisOrder kAsGiven{0, 1, 2};

// PyRadiomics' force2Ddimension: 0, 1, 2 is k, j, i. The other two keep the order in which it decomposes wavelets.
constexpr AxisOrder SlicesAcross(int dimension) {
  return dimension == 1 ? AxisOrder{0, 2, 1} : dimension == 2 ? AxisOrder{1, 2, 0} : kAsGiven;
}
// The order in which it takes local binary patterns: k changes places with the dimension.
constexpr AxisOrder PatternsAcross(int dimension) {
  return dimension == 1 ? AxisOrder{0, 2, 1} : dimension == 2 ? AxisOrder{2, 1, 0} : kAsGiven;
}

constexpr AxisOrder Inverse(const AxisOrder& order) {
  AxisOrder inverse{};
  for (size_t n = 0; n < 3; ++n) inverse[order[n]] = n;
  return inverse;
}

template <typename T>
constexpr std::array<T, 3> Turned(const std::array<T, 3>& triple, const AxisOrder& order) {
  return {triple[order[0]], triple[order[1]], triple[order[2]]};
}

// `in` has `size`; `out` has room for as many.
template <typename T>
void TurnBox(const T* in, const std::array<int64_t, 3>& size, const AxisOrder& order, T* out) {
  const std::array<int64_t, 3> strides{1, size[0], size[0] * size[1]};
  const auto [ni, nj, nk] = Turned(size, order);
  const auto [si, sj, sk] = Turned(strides, order);
  for (int64_t k = 0; k < nk; ++k) {
    for (int64_t j = 0; j < nj; ++j) {
      const T* from = in + k * sk + j * sj;
      for (int64_t i = 0; i < ni; ++i) *out++ = from[i * si];
    }
  }
}

template <typename T>
filters::Field<T> Turned(const filters::Field<T>& field, const AxisOrder& order) {
  filters::Field<T> out(Turned(field.size, order), Turned(field.spacing, order));
  TurnBox(field.data(), field.size, order, out.data());
  return out;
}

Region Turned(const Region& region, const AxisOrder& order);

}  // namespace isovox::radiomics
