#include "volume/volume.h"

#include <array>

namespace isovox {

namespace {

Volume Describe(const Grid& grid, DType dtype, int64_t frames, int64_t components) {
  Volume volume;
  volume.grid = grid;
  volume.frames = frames;
  volume.components = components;
  volume.dtype = dtype;
  return volume;
}

size_t BytesOf(const Volume& volume) {
  const auto& size = volume.grid.size;
  const std::array<int64_t, 6> factors = {size[0],           size[1], size[2], volume.frames, volume.components,
                                          static_cast<int64_t>(DTypeSize(volume.dtype))};
  return CheckedProduct(factors);
}

}  // namespace

Volume MakeVolume(const Grid& grid, DType dtype, int64_t frames, int64_t components) {
  Volume volume = Describe(grid, dtype, frames, components);
  volume.storage = Storage::Allocate(BytesOf(volume));
  return volume;
}

Volume MakeUnsetVolume(const Grid& grid, DType dtype, int64_t frames, int64_t components) {
  Volume volume = Describe(grid, dtype, frames, components);
  volume.storage = Storage::AllocateUnset(BytesOf(volume));
  return volume;
}

}  // namespace isovox
