// PyRadiomics' voxel-based features: at every voxel of the structure those of the box around it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "radiomics/pyradiomics.h"

namespace isovox::radiomics {

struct KernelSettings {
  int64_t radius = 1;      // in voxels, 1 to 16; in slices only with force_2d
  bool masked = true;      // only voxels of the structure count; else all around it
  double initial = 0;      // of voxels outside the structure
  std::vector<std::string> features;  // such as glcm_Contrast; all of the classes when empty
};

struct FeatureMap {
  std::string name;  // original_glcm_Contrast
  Volume volume;     // float64; the box of the structure and `radius` voxels around it, where the image reaches so far
};

struct FeatureMaps {
  std::vector<FeatureMap> maps;
  Findings findings;  // why there are none
};

// Grey levels are those of the whole structure, or, unmasked, of the whole box. Not a number where a feature is not
// defined. Shape has no maps. Throws ERR_INVALID_ARGUMENT for settings outside their range or features that are not known.
FeatureMaps PyradiomicsMaps(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                            const PyradiomicsSettings& settings, const KernelSettings& kernel);

}  // namespace isovox::radiomics
