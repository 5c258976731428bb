// The lattice that PyRadiomics resamples onto, with its places to the last bit: a structure whose outline runs through the middle
// between two samples, or a whole intensity that is cut to a whole number, falls to one side or the other by them.
#pragma once

#include "radiomics/sampled.h"

namespace isovox::radiomics {

// imageoperations.resampleImage of PyRadiomics 3 over ITK's ResampleImageFilter: lattices share the outer edge of the first
// voxel; axes whose spacing is 0, or on which the structure has one voxel, keep theirs; nothing is resampled when no spacing
// changes by more than 1e-5 of it. `structure` is its box on the image. Places are exact when the axes of the image lie along
// those of the patient.
Lattice CutLattice(const Grid& grid, const Settings& settings, const IndexBox& structure);

}  // namespace isovox::radiomics
