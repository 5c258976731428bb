#include "volume/grid.h"

#include "base/error.h"

namespace isovox {

PatientToIndexMap::PatientToIndexMap(const Grid& grid) : origin(grid.origin) {
  const Vec3 a = grid.spacing[0] * grid.axes.i;
  const Vec3 b = grid.spacing[1] * grid.axes.j;
  const Vec3 c = grid.spacing[2] * grid.axes.k;
  const double determinant = Dot(a, Cross(b, c));
  const double scale = Norm(a) * Norm(b) * Norm(c);
  if (!(std::abs(determinant) > 1e-9 * scale)) {
    throw Error(ErrorCode::kGeometry, "The grid's axes span no volume",
                {{"expected", "three independent axes"}, {"actual", "determinant " + std::to_string(determinant)}});
  }
  row_i = (1 / determinant) * Cross(b, c);
  row_j = (1 / determinant) * Cross(c, a);
  row_k = (1 / determinant) * Cross(a, b);
}

double Grid::voxel_volume_cc() const {
  return std::abs(Dot(axes.i, Cross(axes.j, axes.k))) * spacing[0] * spacing[1] * spacing[2] / 1000.0;
}

Vec3 Grid::PatientToIndex(Vec3 patient) const { return PatientToIndexMap(*this)(patient); }

std::string Grid::OrientationCode() const {
  const auto letter = [](Vec3 axis) {
    const double x = std::abs(axis.x), y = std::abs(axis.y), z = std::abs(axis.z);
    if (x >= y && x >= z) return axis.x >= 0 ? 'L' : 'R';
    if (y >= z) return axis.y >= 0 ? 'P' : 'A';
    return axis.z >= 0 ? 'S' : 'I';
  };
  return {letter(axes.i), letter(axes.j), letter(axes.k)};
}

std::array<double, 16> Grid::AffineRas() const {
  const Vec3 a = spacing[0] * axes.i, b = spacing[1] * axes.j, c = spacing[2] * axes.k;
  return {-a.x, -b.x, -c.x, -origin.x, -a.y, -b.y, -c.y, -origin.y, a.z, b.z, c.z, origin.z, 0, 0, 0, 1};
}

}  // namespace isovox
