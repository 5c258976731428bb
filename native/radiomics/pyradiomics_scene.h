// The part of an extraction in PyRadiomics' dialect that comes before features: its settings in this house's words, and every
// image derived from the one given, cut to the structure.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "radiomics/prepare.h"
#include "radiomics/pyradiomics.h"
#include "radiomics/sampled.h"

namespace isovox::radiomics {

struct PyradiomicsScene {
  Volume image;           // as given, whose voxels it shares; the settings say how it is normalised
  Settings settings;
  Lattice lattice;
  IndexBox structure;     // on the image
  Region region;          // of the original image
};

// `surroundings` of the region as in Prepare. Throws ERR_INVALID_ARGUMENT for settings outside their range.
PyradiomicsScene PyradiomicsSceneOf(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                         const PyradiomicsSettings& settings, const Surroundings& surroundings, Findings& findings);

// The part of the lattice that derived images are made of.
IndexBox LoadedBox(const PyradiomicsScene& scene, const PyradiomicsSettings& settings);

// Calls `use` with each image that is asked for, under its name, and the settings of its type. An image that cannot be
// made is a finding.
void ForEachImage(const Exec& exec, const PyradiomicsScene& scene, const PyradiomicsSettings& settings, Findings& findings,
                  const std::function<void(const std::string& name, const Region& region, const Settings& of_type)>& use);

}  // namespace isovox::radiomics
