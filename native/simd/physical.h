// Stored numbers to physical values.
#pragma once

#include <cstddef>
#include <span>

#include "base/dtype.h"

namespace isovox::simd {

// out = float(in * slope + intercept), computed in double. `in` holds out.size() numbers of `dtype`, at any address.
void ToPhysical(DType dtype, const std::byte* in, double slope, double intercept, std::span<float> out);

}  // namespace isovox::simd
