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

// The place of an output sample, in input samples, is start + step * index.
struct AxisMap {
  double start = 0;
  double step = 1;
  int64_t size = 0;  // output samples

  // Of the samples from `first` on the places that another program finds, where the last bits decide which sample is nearest.
  int64_t first = 0;
  std::vector<double> exact{};
  bool mirrored = false;  // the spline goes on beyond the outermost samples, where else the nearest one counts

  double PlaceOf(int64_t index) const {
    const auto at = static_cast<size_t>(index - first);
    return index >= first && at < exact.size() ? exact[at] : start + step * static_cast<double>(index);
  }
  // Every output sample is an input sample.
  bool kept() const { return start == 0 && step == 1 && exact.empty(); }
  bool identity(int64_t input) const { return kept() && size == input; }
};

// Lattices that share their centre (IBSI 1 chapter 2.4.1): ceil(n * from / to) samples, or n where `to` is 0.
AxisMap AlignCentres(int64_t size, double from_mm, double to_mm);

// Values of `box` of the output lattice. Beyond the input's outermost samples the nearest one counts, unless its axis says
// otherwise; the spline's coefficients are those of an input mirrored at its outermost samples.
std::vector<double> ResampleBox(const Exec& exec, const std::vector<double>& input,
                                const std::array<int64_t, 3>& input_size, const std::array<AxisMap, 3>& axes,
                                const IndexBox& box, Interpolation method);

// The coefficients of the cubic spline through a box of numbers, mirrored at its outermost samples.
std::vector<double> SplineCoefficients(const Exec& exec, const double* values, const std::array<int64_t, 3>& size);

}  // namespace isovox
