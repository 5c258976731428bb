// Ranges of voxels as JavaScript gives them.
#pragma once

#include <cstdint>
#include <utility>

#include "addon/args.h"

namespace isovox::addon {

// First voxel and number of voxels of `key`, [begin, end); all `there` of the axis when it is not given.
std::pair<int64_t, int64_t> RangeOfArgs(const Args& args, const char* key, int64_t there);

}  // namespace isovox::addon
