// A band of the stationary wavelet transform as PyWavelets computes it: to the last bit, because a detail that is zero but for
// its rounding lies in one bin of grey levels or in the next by the order in which it was summed.
#pragma once

#include <array>
#include <vector>

#include "exec/exec.h"
#include "filters/field.h"

namespace isovox::filters {

// Periodic convolution by taps[d] along i, then j, then k: out[x] = sum over t of taps[t] * in[x + taps / 2 - t]. An axis
// without taps is left as it is. For float and double, which it computes in.
template <typename T>
Field<T> StationaryBand(const Exec& exec, const Field<T>& in, const std::array<std::vector<double>, 3>& taps);

}  // namespace isovox::filters
