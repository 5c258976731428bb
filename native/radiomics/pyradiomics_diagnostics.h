// What PyRadiomics tells of an image and a mask beside the features: its columns `diagnostics_Image-original_Mean` and so on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "radiomics/pyradiomics.h"

namespace isovox::radiomics {

struct Diagnostic {
  std::string name;             // Image-original_Spacing
  std::vector<double> numbers;  // one, or those of a tuple
  bool tuple = false;
};

// Of the image and the mask as they came; of both after interpolation, and of the mask after it was put on the image's
// grid and after re-segmentation, where these were asked for. `placed` is the mask on the image's grid. Empty structures
// have counts of 0 and no other rows.
std::vector<Diagnostic> PyradiomicsDiagnostics(const Exec& exec, const Volume& image, const Volume& mask,
                                               std::optional<int64_t> label, const Volume& placed,
                                               std::optional<int64_t> placed_label, const PyradiomicsSettings& settings);

}  // namespace isovox::radiomics
