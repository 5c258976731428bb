// What size zones and distance zones do alike: 2D averages over slices, 2.5D merges them, 3D has zones of its own.
#pragma once

#include <functional>
#include <span>

#include "radiomics/family.h"
#include "radiomics/size_matrix.h"

namespace isovox::radiomics {

// `key` gives a zone's size or distance, `evaluate` a row of features from the sums.
void ZoneFeatures(const Subject& subject, int64_t (*key)(const Zone&),
                  const std::function<void(const SizeSums&, std::span<double>)>& evaluate, size_t features,
                  Values& values);

}  // namespace isovox::radiomics
