// Voxel-count histograms: every voxel of a mask counts with its covered part and the dose at its centre.
#pragma once

#include "dose/dvh.h"
#include "volume/mask.h"

namespace isovox {

// The dose is trilinear between its nodes; a centre up to half a voxel beyond the outermost nodes takes the nearest.
Dvh DvhOfMask(const CoverageMask& mask, const DoseGrid& dose, OutsideGrid outside, const Exec& exec);

}  // namespace isovox
