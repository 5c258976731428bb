// Reads a ModelSpecInput (lib/native/inference-types.ts) into a ModelSpec.
#pragma once

#include <nlohmann/json.hpp>

#include "inference/spec.h"

namespace isovox::addon {

// Throws ERR_INVALID_ARGUMENT for what the manifest's schema would have refused.
ModelSpec ReadModelSpec(const nlohmann::json& value);

}  // namespace isovox::addon
