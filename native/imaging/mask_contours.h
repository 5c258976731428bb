// Contours of a mask, for writing structures: slice by slice, along the sides of its voxels.
//
// Loops have the mask on their left, seen against the grid's third axis: outlines run counter-clockwise in index
// space, holes clockwise. Voxels that touch at a corner only belong to different loops. Loops are simplified after
// D. H. Douglas, T. K. Peucker, Cartographica 10 (1973) 112: no point that is left out lies further than the tolerance
// from the line that replaces it. With a tolerance of 0 only points on straight lines are left out, and the contours
// cover exactly the mask's voxels.
#pragma once

#include "exec/exec.h"
#include "volume/mask.h"
#include "volume/roi.h"

namespace isovox {

enum class HoleStyle {
  kLoops,    // a loop of its own inside its outline
  kKeyhole,  // joined to its outline by a seam that is run through both ways
};

struct ContourOptions {
  double tolerance_mm = 0;
  HoleStyle holes = HoleStyle::kLoops;
};

// Voxels covered by at least half are the structure. The grid's first two axes should be at right angles.
Roi MaskContours(const CoverageMask& mask, const ContourOptions& options, const Exec& exec);

}  // namespace isovox
