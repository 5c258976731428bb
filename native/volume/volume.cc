#include "volume/volume.h"

#include <array>

namespace isovox {

Volume MakeVolume(const Grid& grid, DType dtype, int64_t frames, int64_t components) {
  Volume volume;
  volume.grid = grid;
  volume.frames = frames;
  volume.components = components;
  volume.dtype = dtype;
  const std::array<int64_t, 6> factors = {grid.size[0], grid.size[1],
                                          grid.size[2], frames,
                                          components,   static_cast<int64_t>(DTypeSize(dtype))};
  volume.storage = Storage::Allocate(CheckedProduct(factors));
  return volume;
}

}  // namespace isovox
