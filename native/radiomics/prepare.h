// From an image and a mask to a Region: crop, interpolation, rounding, re-segmentation (IBSI 1 chapters 2.4 to 2.6).
#pragma once

#include <cstdint>
#include <optional>

#include "exec/exec.h"
#include "imaging/finding.h"
#include "radiomics/region.h"
#include "radiomics/settings.h"
#include "volume/mask.h"
#include "volume/volume.h"

namespace isovox::radiomics {

// How far the image is kept around the structure, where it reaches so far.
struct Surroundings {
  double mm = 0;
  int64_t voxels = 0;
};

// Voxels equal to `label`, or above 0 when there is none, are the structure. An empty structure gives a region without voxels and a finding.
// Throws ERR_GEOMETRY when the grids differ, ERR_INVALID_ARGUMENT for images of several frames or components.
Region Prepare(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
               const Settings& settings, const Surroundings& surroundings, Findings& findings);

// The smallest box with all voxels of the structure; empty when there is none.
IndexBox BoxOf(const Volume& mask, std::optional<int64_t> label);

}  // namespace isovox::radiomics
