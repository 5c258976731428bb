// Reads a GridInput (lib/native/dicom-types.ts) into a Grid.
#pragma once

#include "addon/args.h"
#include "volume/grid.h"

namespace isovox::addon {

// Throws ERR_INVALID_ARGUMENT for sizes, spacings or directions that make no grid.
Grid GridOf(const Args& args, const char* key);

}  // namespace isovox::addon
