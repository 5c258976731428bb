// Convolution by kernels along the axes: one pass over the slices, one along k. Besides the result, memory is two slices
// for each thread. Instantiated for float and double.
#pragma once

#include <array>
#include <cstdint>

#include "exec/exec.h"
#include "filters/boundary.h"
#include "filters/field.h"
#include "filters/kernels.h"

namespace isovox::filters {

using Kernels = std::array<Kernel, 3>;  // along i, j, k

template <typename T>
Field<T> Convolve(const Exec& exec, const Field<T>& in, const Kernels& kernels, Boundary boundary);

// The sum over the axes of: `curvature` along that axis, `smooth` along the others. An axis whose kernels have no taps
// takes no part. What a Laplacian of Gaussian is, at six instead of nine lines of convolution.
template <typename T>
Field<T> ConvolveCurvature(const Exec& exec, const Field<T>& in, const Kernels& smooth, const Kernels& curvature,
                           Boundary boundary);

}  // namespace isovox::filters
