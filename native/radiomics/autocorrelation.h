// How alike intensities are that lie close together.
#pragma once

#include "exec/exec.h"
#include "radiomics/region.h"

namespace isovox::radiomics {

struct Autocorrelation {
  double moran = 0;
  double geary = 0;
};

// Over all pairs of voxels of the intensity mask, weighted by the inverse of their distance in millimetres. Not numbers
// for fewer than two voxels or when all are equal.
Autocorrelation AutocorrelationOf(const Exec& exec, const Region& region);

}  // namespace isovox::radiomics
