// The voxels of one structure on a grid: 0/1 bytes, or the covered fraction 0..1 of every voxel.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "volume/grid.h"

namespace isovox {

// The smallest box of voxels that holds every voxel with coverage above zero; empty when begin == end.
struct IndexBox {
  std::array<int64_t, 3> begin{0, 0, 0};
  std::array<int64_t, 3> end{0, 0, 0};
  bool empty() const { return begin[0] >= end[0] || begin[1] >= end[1] || begin[2] >= end[2]; }
};

// Coverage of the voxels of `box` only, i fastest: a structure rarely fills its image.
struct CoverageMask {
  Grid grid;    // the whole grid
  IndexBox box;
  std::vector<float> coverage;  // 0..1, one per voxel of box
};

}  // namespace isovox
