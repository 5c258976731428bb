// A patch of a volume as numbers: cut, padded, mirrored and bent, in physical values.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "exec/exec.h"
#include "store/volume_store.h"
#include "volume/volume.h"

namespace isovox::loader {

// What a patch is cut from: a volume in a store, of which only the chunks in question are read, or one in memory.
struct Source {
  std::shared_ptr<const store::StoredVolume> stored;
  std::shared_ptr<const Volume> memory;

  const Volume& description() const { return stored ? stored->description : *memory; }
};

struct Placement {
  std::array<int64_t, 3> start{0, 0, 0};  // of the patch in the volume; it may reach beyond
  std::array<bool, 3> flip{false, false, false};
  // Row-major 3 x 4: where voxel (i, j, k) of the patch is taken from, in voxels relative to `start`, before mirroring.
  std::optional<std::array<double, 12>> affine;
  bool nearest = false;  // for labels; else trilinear. Only an affine map interpolates.
  float outside = 0;     // the value beyond the volume
};

// Fills `out`, x fastest, with the patch of `size` voxels of frame 0. Throws ERR_UNSUPPORTED for volumes of several
// components.
void CutPatch(const Exec& exec, const Source& source, const Placement& placement, const std::array<int64_t, 3>& size,
              std::span<float> out);

}  // namespace isovox::loader
