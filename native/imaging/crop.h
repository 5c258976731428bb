// A box of a volume by itself.
#pragma once

#include <array>
#include <cstdint>

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox {

// From `begin` up to but without `end`, along x, y, z and t.
struct VoxelRange {
  std::array<int64_t, 4> begin{0, 0, 0, 0}, end{0, 0, 0, 0};
};

// The voxels of `range`, at their places in the patient. REQUIRES: 0 <= begin < end <= size on every axis.
// Throws ERR_RESOURCE when the box does not fit in memory.
Volume CropVolume(const Exec& exec, const Volume& volume, const VoxelRange& range);

}  // namespace isovox
