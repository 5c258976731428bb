// Zones: connected voxels of one grey level, with their size and distance to the border of the structure.
#pragma once

#include <cstdint>
#include <vector>

#include "exec/exec.h"
#include "radiomics/levels.h"
#include "radiomics/region.h"

namespace isovox::radiomics {

struct Zone {
  uint16_t code;
  uint16_t distance;  // of its voxel nearest to the border; 1 at the border; 65535 when it was not asked for
  uint32_t size;      // voxels; there can be as many zones as voxels
};

// In the order of each zone's first voxel.
struct Zones {
  std::vector<Zone> zones;
  std::vector<size_t> slice_zones;  // 2-D only: zones of slice k are [slice_zones[k], slice_zones[k + 1])
};

// 8-connected in each slice, distances over the four edges of a pixel in the slice of the morphological mask.
// `distances`: also the distance of each zone from the border.
Zones Zones2d(const Exec& exec, const Region& region, const Levels& levels, bool distances);
// 26-connected, distances over the six faces of a voxel.
Zones Zones3d(const Exec& exec, const Region& region, const Levels& levels, bool distances);

}  // namespace isovox::radiomics
