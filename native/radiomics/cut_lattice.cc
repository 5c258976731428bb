#include "radiomics/cut_lattice.h"

#include <algorithm>
#include <cmath>

namespace isovox::radiomics {
namespace {

// The patient's axis that an axis of the image runs along, and in which direction; 0 for an oblique one.
struct Along {
  double origin = 0;
  double sign = 0;
};

Along AlongOf(const Vec3& axis, const Vec3& origin) {
  if (axis.y == 0 && axis.z == 0) return {origin.x, axis.x};
  if (axis.x == 0 && axis.z == 0) return {origin.y, axis.y};
  if (axis.x == 0 && axis.y == 0) return {origin.z, axis.z};
  return {};
}

// Where ITK finds `count` samples, the first of them at `begin` of the lattice: to millimetres of the patient and back. Along
// a row it goes from the first sample to the one behind the last in equal parts.
std::vector<double> Places(const Along& along, double from, double to, double ratio, int64_t begin, int64_t count, bool row) {
  const double first_index = 0.5 * (to - from) / from + static_cast<double>(begin) / ratio;
  const double first_mm = along.sign * from * first_index + along.origin;
  const double back = along.sign * (1 / from);
  const auto place = [&](int64_t index) {
    return (first_mm + along.sign * to * static_cast<double>(index) - along.origin) * back;
  };
  std::vector<double> places;
  const double start = place(0), whole = place(count) - start;
  for (int64_t i = 0; i < count; ++i) {
    places.push_back(row ? start + static_cast<double>(i) / static_cast<double>(count) * whole : place(i));
  }
  return places;
}

}  // namespace

Lattice CutLattice(const Grid& grid, const Settings& settings, const IndexBox& structure) {
  Lattice lattice;
  lattice.spacing = grid.spacing;
  for (size_t d = 0; d < 3; ++d) lattice.maps[d].size = grid.size[d];
  if (!settings.resample_mm) return lattice;
  std::array<double, 3> to = grid.spacing;
  bool same = true;
  for (size_t d = 0; d < 3; ++d) {
    const double wanted = (*settings.resample_mm)[d];
    if (wanted > 0 && structure.end[d] - structure.begin[d] != 1) to[d] = wanted;
    same = same && std::abs(grid.spacing[d] - to[d]) <= 1e-8 + 1e-5 * to[d];  // numpy.allclose
  }
  if (same) return lattice;
  lattice.spacing = to;
  lattice.cut.emplace();
  const std::array<Vec3, 3> axes{grid.axes.i, grid.axes.j, grid.axes.k};
  for (size_t d = 0; d < 3; ++d) {
    const double ratio = grid.spacing[d] / to[d], pad = static_cast<double>(*settings.cut_padding);
    AxisMap& map = lattice.maps[d];
    map.mirrored = true;
    if (to[d] != grid.spacing[d]) {
      map.step = to[d] / grid.spacing[d];
      map.start = (map.step - 1) / 2;
      map.size = static_cast<int64_t>(std::ceil(static_cast<double>(grid.size[d]) * ratio));
    }
    const double low = std::floor((static_cast<double>(structure.begin[d]) - 0.5) * ratio - pad);
    const double high = std::ceil((static_cast<double>(structure.end[d]) - 0.5) * ratio + pad);
    const auto begin = static_cast<int64_t>(std::max(low, 0.0));
    const auto end = std::min(static_cast<int64_t>(high) + 1, map.size);
    lattice.cut->begin[d] = begin;
    lattice.cut->end[d] = std::max(end, begin + 1);
    const Along along = AlongOf(axes[d], grid.origin);
    // On a kept axis the spline gives its samples back whatever the last bits are, and so does the nearest one.
    const bool matters = to[d] != grid.spacing[d] || settings.image_interpolation == Interpolation::kLinear;
    if (along.sign == 0 || !matters) continue;
    map.first = begin;
    map.exact = Places(along, grid.spacing[d], to[d], ratio, begin, lattice.cut->end[d] - begin, d == 0);
  }
  return lattice;
}

}  // namespace isovox::radiomics
