// All features of one structure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "imaging/finding.h"
#include "radiomics/family.h"
#include "radiomics/settings.h"
#include "volume/volume.h"

namespace isovox::radiomics {

struct Feature {
  std::string name;     // the IBSI reference tag with its aggregation
  double value = 0;     // not a number where the feature is not defined
  std::string unit;
  std::string id;       // IBSI id
  std::string family;
  std::string finding;  // why there is no value
};

struct Extraction {
  std::vector<Feature> features;
  Findings findings;
};

// `label` as in Prepare; `table` is what settings.families chooses from. Throws ERR_INVALID_ARGUMENT for settings outside their range or a family that is not known.
Extraction Extract(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                   const Settings& settings, std::span<const Family> table);

// The families of `table` that settings.families names, all when it names none. Throws ERR_INVALID_ARGUMENT for others.
std::vector<const Family*> WantedFamilies(const Settings& settings, std::span<const Family> table);

// Features of a prepared region. `findings` says why a region has no voxels, and takes what is found.
std::vector<Feature> FeaturesOf(const Exec& exec, const Region& region, const Settings& settings,
                                std::span<const Family* const> families, Findings& findings);

// The largest distance between voxels that textures look at.
int FarthestOf(const Settings& settings);

// Throws ERR_INVALID_ARGUMENT for settings outside their range.
void CheckSettings(const Settings& settings);

// The unit of a feature for intensities in `unit`: "I^2" becomes "HU^2".
std::string UnitOf(const char* unit, const std::string& of_image);

}  // namespace isovox::radiomics
