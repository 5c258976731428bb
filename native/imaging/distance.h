// Exact Euclidean distances on a lattice, one axis after another.
//
// The squared distance separates: along each axis in turn it is the lower envelope of parabolas, found in linear time
// (A. Meijster, J. B. T. M. Roerdink, W. H. Hesselink, Mathematical Morphology and its Applications 18 (2000) 331;
// P. F. Felzenszwalb, D. P. Huttenlocher, Theory of Computing 8 (2012) 415).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "exec/exec.h"

namespace isovox {

// For every voxel the distance in millimetres from its centre to the centre of the nearest voxel that is 0, as SciPy's
// distance_transform_edt has it; infinity where no voxel is 0. `mask` has one byte per voxel, i fastest.
// REQUIRES as many values in `out` as in `mask`.
void DistanceToBackground(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                          const std::array<double, 3>& spacing_mm, std::span<float> out);

// Millimetres outwards along each index axis: towards smaller and towards larger indices. Not negative.
struct AxisMargins {
  std::array<double, 3> low{0, 0, 0}, high{0, 0, 0};
};

// The voxels that the margin reaches: p belongs when, for some voxel q of the mask, the vector from q's centre to p's lies
// in the ellipsoid whose half axes are the margins of the octant it points into. Flat sides move by the margin rounded
// down to whole voxels; curved ones by the margin less about a sixth of a voxel.
std::vector<uint8_t> Grow(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                          const std::array<double, 3>& spacing_mm, const AxisMargins& margins);

}  // namespace isovox
