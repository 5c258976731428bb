// Arrays of 16 x 16 x 16 int16 in one chunk file each: what a hostile chunk is put into.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "store/volume_store.h"
#include "volume/volume.h"

namespace isovox::fuzz {

inline constexpr int kShardArrays = 10;

// Folders 0 to kShardArrays - 1 of a new folder, each a Zarr array of its own.
inline std::string MakeShardArrays() {
  std::string root = "/dev/shm/isovox-fuzz-shards-XXXXXX";
  if (::mkdtemp(root.data()) == nullptr) std::abort();
  const char* codecs[] = {"zstd", "blosc", "lz4", "gzip", "none"};
  for (int i = 0; i < kShardArrays; ++i) {
    Grid grid;
    grid.size = {16, 16, 16};
    Volume volume = MakeVolume(grid, DType::kInt16);
    int16_t next = 0;
    for (int16_t& voxel : volume.As<int16_t>()) voxel = static_cast<int16_t>((next = static_cast<int16_t>(next + 7)) % 4096);
    store::VolumeLayout layout;
    layout.chunk = i % 2 == 0 ? std::array<int64_t, 3>{16, 16, 16} : std::array<int64_t, 3>{8, 8, 8};
    layout.codec = codecs[i / 2];
    layout.sharding = i % 2 == 1;
    layout.checksum = i % 4 == 1;
    const std::string path = root + "/v" + std::to_string(i);
    store::SaveVolume({}, volume, path, layout);
    std::filesystem::rename(path + "/0", root + "/" + std::to_string(i));
  }
  return root;
}

}  // namespace isovox::fuzz
