#include "imaging/components.h"

#include <algorithm>

namespace isovox {
namespace {

// Gives every voxel of the components for which `wanted` says so the value.
template <typename Wanted>
void SetComponents(const Exec& exec, const ComponentRuns& found, std::span<uint8_t> mask,
                   const std::array<int64_t, 3>& size, uint8_t value, Wanted&& wanted) {
  found.EachRow(exec, [&](int64_t j, int64_t k, std::span<const RowRun> runs, std::span<const int32_t> components) {
    uint8_t* row = mask.data() + (k * size[1] + j) * size[0];
    for (size_t n = 0; n < runs.size(); ++n) {
      if (wanted(components[n])) std::fill(row + runs[n].begin, row + runs[n].end, value);
    }
  });
}

}  // namespace

std::vector<int64_t> LabelComponents(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                                     Connectivity connectivity, std::span<int32_t> labels) {
  const ComponentRuns found(exec, mask, size, connectivity);
  found.EachRow(exec, [&](int64_t j, int64_t k, std::span<const RowRun> runs, std::span<const int32_t> components) {
    int32_t* row = labels.data() + (k * size[1] + j) * size[0];
    int64_t at = 0;
    for (size_t n = 0; n < runs.size(); ++n) {
      std::fill(row + at, row + runs[n].begin, 0);
      std::fill(row + runs[n].begin, row + runs[n].end, components[n]);
      at = runs[n].end;
    }
    std::fill(row + at, row + size[0], 0);
  });
  return found.Voxels();
}

int64_t CountComponents(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                        Connectivity connectivity) {
  return ComponentRuns(exec, mask, size, connectivity).count();
}

int64_t KeepLargestComponent(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size,
                             Connectivity connectivity) {
  const ComponentRuns found(exec, mask, size, connectivity);
  if (found.count() > 1) {
    const auto voxels = found.Voxels();
    const auto largest = std::max_element(voxels.begin(), voxels.end()) - voxels.begin() + 1;
    SetComponents(exec, found, mask, size, 0, [&](int32_t component) { return component != largest; });
  }
  return found.count();
}

void DropSmallComponents(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size,
                         Connectivity connectivity, int64_t least_voxels) {
  const ComponentRuns found(exec, mask, size, connectivity);
  const auto voxels = found.Voxels();
  SetComponents(exec, found, mask, size, 0,
                [&](int32_t component) { return voxels[static_cast<size_t>(component - 1)] < least_voxels; });
}

void FillHoles(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size) {
  const ComponentRuns found(exec, mask, size, Connectivity::kFaces, ComponentRuns::Of::kBackground);
  std::vector<uint8_t> open(static_cast<size_t>(found.count()));
  found.EachRowInOrder([&](int64_t j, int64_t k, std::span<const RowRun> runs, std::span<const int32_t> components) {
    const bool outermost = j == 0 || j == size[1] - 1 || k == 0 || k == size[2] - 1;
    for (size_t n = 0; n < runs.size(); ++n) {
      if (outermost || runs[n].begin == 0 || runs[n].end == size[0]) open[static_cast<size_t>(components[n] - 1)] = 1;
    }
  });
  SetComponents(exec, found, mask, size, 1,
                [&](int32_t component) { return open[static_cast<size_t>(component - 1)] == 0; });
}

}  // namespace isovox
