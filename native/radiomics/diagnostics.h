// What image processing did to an image and a structure, under the tags of IBSI 1 chapter 4: sizes, spacings, voxel
// counts and intensities initially, after interpolation and after re-segmentation.
#pragma once

#include <optional>
#include <vector>

#include "exec/exec.h"
#include "radiomics/extract.h"

namespace isovox::radiomics {

std::vector<Feature> Diagnostics(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                                 const Settings& settings);

}  // namespace isovox::radiomics
