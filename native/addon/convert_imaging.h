// What the imaging and dose rows share: options of solids, findings, grids.
#pragma once

#include <nlohmann/json.hpp>

#include "addon/args.h"
#include "imaging/finding.h"
#include "imaging/solid.h"

namespace isovox::addon {

nlohmann::json FindingsToJson(const Findings& findings);
SolidOptions ReadSolidOptions(const Args& args);
// { size, spacing, origin, direction? }.
Grid ReadGrid(const Args& args);

}  // namespace isovox::addon
