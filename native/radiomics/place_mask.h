// A mask on a grid of its own, brought onto the image's.
#pragma once

#include <cstdint>
#include <optional>

#include "exec/exec.h"
#include "imaging/finding.h"
#include "volume/volume.h"

namespace isovox::radiomics {

struct MaskPlacement {
  bool resample = false;    // otherwise another grid is refused
  double tolerance = 0.01;  // grids are one whose corners lie closer than this part of the least spacing
};

struct PlacedMask {
  Volume mask;
  std::optional<int64_t> label;
};

// The mask itself where its grid is the image's; otherwise the nearest of its voxels for each of the image's, 1 where it is
// the structure. Throws ERR_GEOMETRY when resampling was not asked for, or when the structure reaches beyond the image.
PlacedMask PlaceMask(const Exec& exec, const Grid& image, const Volume& mask, std::optional<int64_t> label,
                     const MaskPlacement& how, Findings& findings);

}  // namespace isovox::radiomics
