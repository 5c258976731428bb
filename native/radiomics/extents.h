// Where lines of voxels enter and leave a structure: all that its convex hull and its flat diameters need to know.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "radiomics/convex_hull.h"
#include "radiomics/region.h"

namespace isovox::radiomics {

// First and last voxel of each line of a bundle; first is -1 for a line without any.
struct Ends {
  std::vector<int32_t> first, last;
  explicit Ends(int64_t lines) : first(static_cast<size_t>(lines), -1), last(static_cast<size_t>(lines), -1) {}
};

struct Extents {
  explicit Extents(const Region& region);

  std::array<int64_t, 3> size;
  Ends along_i;  // by k ny + j
  Ends along_j;  // by k nx + i
  Ends along_k;  // by j nx + i
};

// Voxels that differ from the next along an axis, plane by plane: plane p lies between voxels p - 1 and p.
struct Changes {
  explicit Changes(const Region& region);

  Ends across_i;  // along j, by p nz + k
  Ends across_j;  // along i, by p nz + k
  Ends across_k;  // along i, by p ny + j
};

// Points of a plane gathered row by row; only the outermost of a row can be corners of the hull.
class RowPoints {
 public:
  // Rows run from `least` to `most`.
  RowPoints(int64_t least, int64_t most)
      : least_(least), low_(static_cast<size_t>(most - least) + 1, kNone), high_(low_.size(), -kNone) {}
  void Add(int64_t along, int64_t row) {
    const auto at = static_cast<size_t>(row - least_);
    low_[at] = along < low_[at] ? along : low_[at];
    high_[at] = along > high_[at] ? along : high_[at];
  }
  void Clear();
  // Corners of the hull as {along, row}.
  std::vector<PlanePoint> Hull() const;

 private:
  static constexpr int64_t kNone = int64_t{1} << 40;
  int64_t least_;
  std::vector<int64_t> low_, high_;
};

}  // namespace isovox::radiomics
