// Interpolation of a box of numbers onto another lattice with the same axes: separable, one axis at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "exec/exec.h"
#include "volume/mask.h"

namespace isovox {

enum class Interpolation { kNearest, kLinear, kCubic };  // kCubic is the interpolating cubic B-spline

std::optional<Interpolation> InterpolationFromName(std::string_view name);  // nearest, linear, cubic

// The index of an output sample, in input samples, is start + step * index.
struct AxisMap {
  double start = 0;
  double step = 1;
  int64_t size = 0;  // output samples
  bool identity(int64_t input) const { return start == 0 && step == 1 && size == input; }
};

// Lattices that share their centre (IBSI 1 chapter 2.4.1): ceil(n * from / to) samples, or n where `to` is 0.
AxisMap AlignCentres(int64_t size, double from_mm, double to_mm);

// Lattices that share their outer edge: the first sample of both begins at the same place.
AxisMap AlignCorners(int64_t size, double from_mm, double to_mm);

// Values of `box` of the output lattice. Beyond the input's outermost samples the nearest one counts; the spline's
// coefficients are those of an input mirrored at its outermost samples.
std::vector<double> ResampleBox(const Exec& exec, const std::vector<double>& input,
                                const std::array<int64_t, 3>& input_size, const std::array<AxisMap, 3>& axes,
                                const IndexBox& box, Interpolation method);

// The coefficients of the cubic spline through a box of numbers, mirrored at its outermost samples.
std::vector<double> SplineCoefficients(const Exec& exec, const double* values, const std::array<int64_t, 3>& size);

}  // namespace isovox
