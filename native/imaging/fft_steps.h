// The steps that a transform of a length 2^a 3^b 5^c is made of.
#pragma once

#include <cstdint>

namespace isovox {

template <typename T>
struct FftTurn {
  T c, s;
};

// One Stockham step of radix R: m groups of R inputs, each `stride` numbers and stride * m from the next, to R outputs
// each. Group p turns its output a by turns[p * (R - 1) + a - 1].
template <typename T>
using FftStep = void (*)(int64_t m, int64_t stride, const T* xr, const T* xi, T* yr, T* yi, const FftTurn<T>* turns);

// Of radix 2, 3, 4 or 5.
template <typename T>
FftStep<T> FftStepOf(int radix);

// For a first step whose inputs from the third on are zero, whatever the arrays hold there; of radix 3 or 4.
template <typename T>
FftStep<T> FftHalfStepOf(int radix);

}  // namespace isovox
