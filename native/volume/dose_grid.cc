#include "volume/dose_grid.h"

#include <cmath>

namespace isovox {

bool DoseGrid::evenly_spaced(double tolerance_mm) const {
  for (size_t k = 0; k < plane_mm.size(); ++k) {
    if (std::abs(plane_mm[k] - static_cast<double>(k) * grid.spacing[2]) > tolerance_mm) return false;
  }
  return true;
}

}  // namespace isovox
