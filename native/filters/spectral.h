// Filters that are products of spectra: non-separable wavelets and Riesz transforms (IBSI 2 chapters 3.6 and 3.7).
//
// Frequencies are those of the consortium's reference maps: sample x of n stands at (x - (n - 1) / 2) / ((n - 1) / 2) of
// the largest, before the halves of the spectrum are exchanged, so that for even n none is exactly zero.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "exec/exec.h"
#include "filters/boundary.h"
#include "filters/field.h"

namespace isovox::filters {

enum class RadialWavelet { kSimoncelli, kShannon };

using RieszOrder = std::array<int, 3>;  // along i, j, k; their sum is 1 to 4

struct Spectral {
  std::optional<RadialWavelet> wavelet;
  int level = 1;
  std::optional<RieszOrder> riesz;
  // Rotated at every voxel to the principal axes of the structure tensor, smoothed by this sigma in voxels.
  std::optional<double> steer_sigma;
  bool slices = false;  // every slice by itself
};

// The image is taken to go on periodically: pad before for other boundaries.
Field<double> FilterSpectrum(const Exec& exec, const Field<double>& in, const Spectral& filter);

// `margin` samples more on both sides of the axes where it is above 0, and back.
Field<double> Pad(const Exec& exec, const Field<double>& in, const std::array<int64_t, 3>& margin, Boundary boundary);
Field<double> Crop(const Exec& exec, const Field<double>& in, const std::array<int64_t, 3>& margin);

}  // namespace isovox::filters
