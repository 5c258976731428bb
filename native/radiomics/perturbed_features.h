// All features of a structure under a list of perturbations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "radiomics/perturb.h"
#include "radiomics/pyradiomics.h"

namespace isovox::radiomics {

struct PerturbedFeatures {
  std::vector<std::string> names;
  std::vector<double> values;       // perturbations x names; not a number where a feature is not defined
  std::vector<std::string> failed;  // of each perturbation the code of what made it fail, or ""
};

using AnySettings = std::variant<Settings, PyradiomicsSettings>;

// Images are made once for each noise and rotation, masks once for each outline, shape once for each mask. An image that
// is to be normalised is so by the mean and deviation of the whole of it. Throws ERR_UNSUPPORTED for outliers clipped
// after normalising.
PerturbedFeatures ExtractPerturbed(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                                   const AnySettings& settings, const std::vector<Perturbation>& perturbations, uint64_t seed);

}  // namespace isovox::radiomics
