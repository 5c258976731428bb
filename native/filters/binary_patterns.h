// Local binary patterns: in slices (T. Ojala et al., IEEE PAMI 24, 2002, as scikit-image has them) and on spheres
// (J. Banerjee et al., ACCV 2012 Workshops, as PyRadiomics has them).
#pragma once

#include <cstdint>
#include <vector>

#include "exec/exec.h"
#include "filters/field.h"

namespace isovox::filters {

enum class PatternMethod { kDefault, kRotated, kUniform, kVariance };

// Of every slice along k. REQUIRES: 1 <= samples <= 24, radius > 0.
Field<double> SlicePatterns(const Exec& exec, const Field<double>& in, int samples, double radius, PatternMethod method);

// For voxels where `mask` is 1: the norm of the pattern on a sphere in each of `levels` spherical harmonic degrees, then
// the kurtosis of the intensities on the sphere. Voxels outside the mask hold 0. `whole`: intensities are whole numbers,
// and so are those interpolated. REQUIRES: 1 <= levels <= 8, 0 <= subdivisions <= 4.
std::vector<Field<double>> SpherePatterns(const Exec& exec, const Field<double>& in, const std::vector<uint8_t>& mask,
                                          int levels, double radius, int subdivisions, bool whole);

}  // namespace isovox::filters
