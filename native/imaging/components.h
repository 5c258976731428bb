// Connected components of a mask, by runs of voxels joined in a forest.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "exec/exec.h"

namespace isovox {

// Voxels that touch by a face, by a face or an edge, or by a face, an edge or a corner.
enum class Connectivity { kFaces = 6, kEdges = 18, kCorners = 26 };

struct Components {
  std::vector<int32_t> labels;  // 0 background; components from 1, in the order of their first voxels
  std::vector<int64_t> voxels;  // of component n at [n - 1]
};

// Components of the voxels that are not 0; `mask` has one byte per voxel, i fastest.
Components LabelComponents(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                           Connectivity connectivity);

// Sets every voxel outside the largest component to 0; of equal ones the first stays. Gives the number of components.
int64_t KeepLargestComponent(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size,
                             Connectivity connectivity);
// Sets components of fewer than `least_voxels` to 0.
void DropSmallComponents(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size,
                         Connectivity connectivity, int64_t least_voxels);
// Sets background that no path over faces joins to the outermost voxels to 1.
void FillHoles(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size);

}  // namespace isovox
