// A block of voxels on a grid, as stored, with the linear scaling that turns them into physical values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/dtype.h"
#include "base/storage.h"
#include "volume/grid.h"

namespace isovox {

// Voxel order: component fastest, then i, j, k, then t. value = slope * stored + intercept.
struct Volume {
  Grid grid;
  int64_t frames = 1;       // t, for 4-D data
  int64_t components = 1;   // 1 scalar, 2 complex, 3 RGB, 4 RGBA
  DType dtype = DType::kInt16;
  double slope = 1;
  double intercept = 0;
  std::string unit;         // "HU", "Gy", "SUVbw", "" when unknown
  std::shared_ptr<Storage> storage;
  std::map<std::string, std::string> metadata;  // by PS3.6 keyword or the format's own field name

  int64_t elements() const { return grid.voxels() * frames * components; }
  size_t bytes() const { return static_cast<size_t>(elements()) * DTypeSize(dtype); }

  template <typename T>
  std::span<T> As() { return storage->As<T>().first(static_cast<size_t>(elements())); }
  template <typename T>
  std::span<const T> As() const {
    return static_cast<const Storage&>(*storage).As<T>().first(static_cast<size_t>(elements()));
  }
};

// A volume with zero-filled storage for `grid`. Throws ERR_RESOURCE when the sizes do not fit in memory.
Volume MakeVolume(const Grid& grid, DType dtype, int64_t frames = 1, int64_t components = 1);
// The same with any content, for a caller that writes every voxel or drops the volume.
Volume MakeUnsetVolume(const Grid& grid, DType dtype, int64_t frames = 1, int64_t components = 1);

}  // namespace isovox
