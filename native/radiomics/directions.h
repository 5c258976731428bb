// The half of a voxel's neighbours at one Chebyshev distance that lie later in memory: the directions of
// co-occurrence and of runs (IBSI 1 chapter 3.6.1), 4 in a slice, 13 in a volume at distance 1.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "radiomics/levels.h"

namespace isovox::radiomics {

// Offsets in Levels::code. REQUIRES: levels.pad >= distance.
inline std::vector<int64_t> Directions3d(const Levels& levels, int distance, bool flat = false) {
  std::vector<int64_t> offsets;
  for (int dk = 0; dk <= (flat ? 0 : distance); ++dk) {
    for (int dj = -distance; dj <= distance; ++dj) {
      for (int di = -distance; di <= distance; ++di) {
        const bool later = dk > 0 || (dk == 0 && (dj > 0 || (dj == 0 && di > 0)));
        const bool on_shell = dk == distance || std::abs(dj) == distance || std::abs(di) == distance;
        if (later && on_shell) offsets.push_back(di + dj * levels.stride[1] + dk * levels.stride[2]);
      }
    }
  }
  return offsets;
}

inline std::vector<int64_t> Directions2d(const Levels& levels, int distance) {
  return Directions3d(levels, distance, true);
}

// Those of several distances.
inline std::vector<int64_t> DirectionsAt(const Levels& levels, const std::vector<int>& distances, bool flat) {
  std::vector<int64_t> offsets;
  for (const int distance : distances) {
    const auto more = Directions3d(levels, distance, flat);
    offsets.insert(offsets.end(), more.begin(), more.end());
  }
  return offsets;
}

}  // namespace isovox::radiomics
