// Volumes as OME-Zarr 0.5 images (ngff.openmicroscopy.org/0.5): a Zarr 3 group whose attributes say what the axes are,
// and the voxels in the array "0". What OME-Zarr has no word for (orientation, scaling, metadata) stands beside it under
// "isovox". Plain Zarr 3 arrays of two to five axes are read too.
//
//   zarr.json            group; attributes.ome.multiscales, attributes.isovox
//   0/zarr.json, 0/c/... array [t,] [c,] z, y, x; "1" instead of "0" after every other replacement in an object store
#pragma once

#include <array>
#include <span>
#include <string>

#include "exec/exec.h"
#include "store/array.h"
#include "volume/volume.h"

namespace isovox::store {

// What chunks are like. `chunk` counts voxels along x, y, z; zeros leave it to `tile`.
struct VolumeLayout {
  std::string tile = "isotropic";  // axial, sagittal, coronal (one plane), isotropic (64 cubed)
  std::array<int64_t, 3> chunk{0, 0, 0};
  // zstd (bytes shuffled first where samples have several: smaller and faster), zstd-plain, blosc (zstd, bits
  // shuffled), lz4 (bytes shuffled), gzip, none.
  std::string codec = "zstd";
  int level = 3;
  bool sharding = false;  // many chunks to a file
  bool checksum = false;  // a CRC-32C after each chunk: what nothing else would notice on its way to and from a store
};

struct StoredVolume {
  Array array;
  Volume description;            // all but the storage
  std::array<int, 5> axis{-1, -1, -1, -1, -1};  // of the array: x, y, z, c, t; -1 where there is none

  // Voxels [start, start + size) of frames [frame, frame + frames), with the grid of the box.
  // Throws ERR_INVALID_ARGUMENT for a box that leaves the volume.
  Volume Read(const Exec& exec, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size, int64_t frame,
              int64_t frames) const;
  Volume ReadAll(const Exec& exec) const;
  // The numbers of one frame only, into memory of the caller's that holds exactly them, x fastest after the components.
  void ReadInto(const Exec& exec, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size, int64_t frame,
                std::span<std::byte> out) const;

 private:
  void Fill(const Exec& exec, const std::array<int64_t, 3>& start, const std::array<int64_t, 3>& size, int64_t frame,
            int64_t frames, std::span<std::byte> out) const;
};

StoredVolume OpenVolume(const std::string& path);
// The folder appears whole or not at all, replacing what was there.
void SaveVolume(const Exec& exec, const Volume& volume, const std::string& path, const VolumeLayout& layout);

// The array's metadata for such a volume; its axes are [t,] [c,] z, y, x.
ArrayMeta MetaFor(const Volume& volume, const VolumeLayout& layout);

}  // namespace isovox::store
