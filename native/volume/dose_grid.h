// Absorbed dose on a grid whose planes may be unevenly spaced (GridFrameOffsetVector, PS3.3 C.8.8.3.2).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/storage.h"
#include "volume/grid.h"

namespace isovox {

// Values are float32 gray, i fastest, planes in the order of plane_mm.
struct DoseGrid {
  Grid grid;                      // spacing[2] is the first step; exact positions are in plane_mm
  std::vector<double> plane_mm;   // distance of each plane from the origin along axes.k; strictly increasing, [0] = 0
  std::shared_ptr<Storage> values;

  bool evenly_spaced(double tolerance_mm = 1e-3) const;
  std::span<const float> gray() const {
    return static_cast<const Storage&>(*values).As<float>().first(static_cast<size_t>(grid.voxels()));
  }
};

}  // namespace isovox
