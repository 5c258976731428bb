// The half of a voxel's neighbours at one Chebyshev distance that lie later in memory: the directions of
// co-occurrence and of runs (IBSI 1 chapter 3.6.1), 4 in a slice, 13 in a volume at distance 1.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "radiomics/levels.h"
#include "radiomics/settings.h"

namespace isovox::radiomics {

using VoxelStep = std::array<int, 3>;  // along i, j, k

inline std::vector<VoxelStep> StepsAt(int distance, bool flat = false) {
  std::vector<VoxelStep> steps;
  for (int dk = 0; dk <= (flat ? 0 : distance); ++dk) {
    for (int dj = -distance; dj <= distance; ++dj) {
      for (int di = -distance; di <= distance; ++di) {
        const bool later = dk > 0 || (dk == 0 && (dj > 0 || (dj == 0 && di > 0)));
        const bool on_shell = dk == distance || std::abs(dj) == distance || std::abs(di) == distance;
        if (later && on_shell) steps.push_back({di, dj, dk});
      }
    }
  }
  return steps;
}

// Offsets in Levels::code. REQUIRES: levels.pad >= distance.
inline std::vector<int64_t> Directions3d(const Levels& levels, int distance, bool flat = false) {
  std::vector<int64_t> offsets;
  for (const auto& [di, dj, dk] : StepsAt(distance, flat)) {
    offsets.push_back(di + dj * levels.stride[1] + dk * levels.stride[2]);
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

// How long the steps of several distances are, in the order of DirectionsAt.
inline std::vector<double> LengthsAt(const std::vector<int>& distances, bool flat, const std::array<double, 3>& spacing, StepNorm norm) {
  std::vector<double> lengths;
  for (const int distance : distances) {
    for (const VoxelStep& step : StepsAt(distance, flat)) {
      std::array<double, 3> mm;
      for (size_t d = 0; d < 3; ++d) mm[d] = std::abs(step[d]) * spacing[d];
      lengths.push_back(norm == StepNorm::kManhattan   ? mm[0] + mm[1] + mm[2]
                        : norm == StepNorm::kEuclidean ? std::hypot(mm[0], mm[1], mm[2])
                                                   : std::max({mm[0], mm[1], mm[2]}));
    }
  }
  return lengths;
}

}  // namespace isovox::radiomics
