// Between which samples of an axis a place lies, and what each of them weighs there.
#pragma once

#include <cstdint>

#include "imaging/resample.h"
#include "simd/spline.h"

namespace isovox {

// Samples that are weighed: 1 of the nearest, 2 of a line, 4 of a cubic spline, which are its coefficients.
int64_t TapCount(Interpolation method);

// At `x`, in samples, of an axis of `size` samples; coefficients are mirrored at the outermost ones. Beyond these the nearest
// counts, or, where it is `mirrored`, the spline of those coefficients.
simd::Taps<double> TapsAt(double x, int64_t size, Interpolation method, bool mirrored = false);

}  // namespace isovox
