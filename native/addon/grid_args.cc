#include "addon/grid_args.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/storage.h"

namespace isovox::addon {

Grid GridOf(const Args& args, const char* key) {
  const Args from = args.Object(key);
  const auto size = from.Numbers("size", 3), spacing = from.Numbers("spacing", 3), origin = from.Numbers("origin", 3);
  Grid grid;
  for (size_t a = 0; a < 3; ++a) {
    if (!(size[a] >= 1) || size[a] != std::floor(size[a]) || size[a] > 0x7FFFFFFF) {
      throw InvalidArgument(std::string(key) + ".size", "positive integers", std::to_string(size[a]));
    }
    if (!(spacing[a] > 0)) {
      throw InvalidArgument(std::string(key) + ".spacing", "positive numbers", std::to_string(spacing[a]));
    }
    grid.size[a] = static_cast<int64_t>(size[a]);
    grid.spacing[a] = spacing[a];
  }
  CheckedProduct(grid.size);
  grid.origin = {origin[0], origin[1], origin[2]};
  if (from.Has("direction")) {
    const auto d = from.Numbers("direction", 9);  // row-major, columns are axes
    grid.axes = {{d[0], d[3], d[6]}, {d[1], d[4], d[7]}, {d[2], d[5], d[8]}};
    for (const Vec3& axis : {grid.axes.i, grid.axes.j, grid.axes.k}) {
      if (std::abs(Norm(axis) - 1) > 1e-3) {
        throw InvalidArgument(std::string(key) + ".direction", "columns of length 1", std::to_string(Norm(axis)));
      }
    }
    PatientToIndexMap check(grid);  // throws when the axes span no volume
  }
  return grid;
}

}  // namespace isovox::addon
