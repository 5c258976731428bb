#include "imaging/crop.h"

#include <cstring>

namespace isovox {

Volume CropVolume(const Exec& exec, const Volume& volume, const VoxelRange& range) {
  const auto& [begin, end] = range;
  Grid grid = volume.grid;
  grid.origin = grid.IndexToPatient({static_cast<double>(begin[0]), static_cast<double>(begin[1]), static_cast<double>(begin[2])});
  for (size_t a = 0; a < 3; ++a) grid.size[a] = end[a] - begin[a];
  Volume out = MakeUnsetVolume(grid, volume.dtype, end[3] - begin[3], volume.components);
  out.slope = volume.slope;
  out.intercept = volume.intercept;
  out.unit = volume.unit;
  out.metadata = volume.metadata;
  const auto voxel = static_cast<size_t>(volume.components) * DTypeSize(volume.dtype);
  const size_t row = static_cast<size_t>(grid.size[0]) * voxel;
  const auto [nx, ny, nz] = volume.grid.size;
  const std::byte* from = static_cast<const Storage&>(*volume.storage).As<std::byte>().data();
  std::byte* to = out.storage->As<std::byte>().data();
  const int64_t planes = grid.size[2] * out.frames;
  ParallelFor(exec, planes, 8, [&, nx = nx, ny = ny, nz = nz](int64_t first, int64_t last) {
    for (int64_t p = first; p < last; ++p) {
      const int64_t t = begin[3] + p / grid.size[2], k = begin[2] + p % grid.size[2];
      for (int64_t j = 0; j < grid.size[1]; ++j) {
        const int64_t at = ((t * nz + k) * ny + begin[1] + j) * nx + begin[0];
        std::memcpy(to + static_cast<size_t>(p * grid.size[1] + j) * row, from + static_cast<size_t>(at) * voxel, row);
      }
    }
  });
  return out;
}

}  // namespace isovox
