// Connected components of a mask.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "exec/exec.h"
#include "imaging/component_runs.h"

namespace isovox {

// Components of the voxels that are not 0; `mask` has one byte per voxel, i fastest. Writes 0 for background and
// components from 1, in the order of their first voxels, to `labels`. Gives the voxels of component n at [n - 1].
// REQUIRES as many labels as voxels.
std::vector<int64_t> LabelComponents(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                                     Connectivity connectivity, std::span<int32_t> labels);
int64_t CountComponents(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
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
