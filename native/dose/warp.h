// A dose in another frame of reference, and two doses voxel by voxel.
#pragma once

#include <memory>

#include "exec/exec.h"
#include "imaging/finding.h"
#include "volume/dose_grid.h"
#include "volume/spatial_map.h"
#include "volume/volume.h"

namespace isovox {

struct WarpedDose {
  std::shared_ptr<DoseGrid> dose;
  double inside = 0;   // part of the target's voxels that fetched a dose
  Findings findings;   // dose.outside, dose.partial_coverage, registration.undefined
};

// Every voxel of `target` (planes at plane_mm along its third axis) gets the trilinear dose at to_source(its middle), 0
// where that lies outside the dose's outermost nodes or where the map is not defined. Volumes that shrink or grow keep
// their dose, not their energy: a dose is per mass.
WarpedDose WarpDose(const DoseGrid& dose, const SpatialMap& to_source, const Grid& target,
                    const std::vector<double>& plane_mm, const Exec& exec);

struct DoseDifference {
  Volume difference;  // float32 gray on the reference's grid: evaluated - reference; NaN where the evaluated has no value
  int64_t voxels = 0;  // compared
  double mean = 0, rms = 0, least = 0, most = 0;  // gray
  double within = 0;  // part of the voxels that differ by at most `tolerance`
  Findings findings;  // dose.disjoint, dose.cut
};

// Voxels of the reference below `cutoff` gray are left out of the statistics, not of the volume.
DoseDifference SubtractDoses(const DoseGrid& reference, const DoseGrid& evaluated, double cutoff, double tolerance,
                             const Exec& exec);

}  // namespace isovox
