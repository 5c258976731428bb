#include "radiomics/shape.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "radiomics/ellipsoid.h"

namespace isovox::radiomics {
namespace {

const uint8_t* Find(const uint8_t* from, const uint8_t* end, int value) {
  const void* found = from == end ? nullptr : std::memchr(from, value, static_cast<size_t>(end - from));
  return found == nullptr ? end : static_cast<const uint8_t*>(found);
}

// The largest distance between two points. Those far from the middle come first, so that few pairs can be farther apart
// than the best.
double DiameterOf(const std::vector<Vec3>& points) {
  Vec3 middle;
  for (const Vec3& p : points) middle = middle + (1 / static_cast<double>(points.size())) * p;
  std::vector<std::pair<double, Vec3>> far;
  for (const Vec3& p : points) far.emplace_back(Norm(p - middle), p);
  std::sort(far.begin(), far.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  double most = 0;  // squared
  for (size_t a = 0; a < far.size(); ++a) {
    const double enough = std::sqrt(most) * (1 - 1e-12);
    if (2 * far[a].first < enough) break;
    for (size_t b = a + 1; b < far.size() && far[a].first + far[b].first >= enough; ++b) {
      const Vec3 d = far[a].second - far[b].second;
      most = std::max(most, Dot(d, d));
    }
  }
  return std::sqrt(most);
}

// Mean index and covariance in mm^2, from sums of whole numbers.
void AddVariances(const Region& region, Shape& shape) {
  int64_t n = 0, si = 0, sj = 0, sk = 0;
  int64_t ii = 0, jj = 0, kk = 0, ij = 0, ik = 0, jk = 0;
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const uint8_t* row = region.morphology.data() + (k * region.size[1] + j) * region.size[0];
      const uint8_t* end = row + region.size[0];
      int64_t count = 0, sum = 0, square = 0;
      // A run of voxels from a to b - 1 in closed form.
      for (const uint8_t* from = Find(row, end, 1); from != end;) {
        const uint8_t* to = Find(from, end, 0);
        const int64_t a = from - row, b = to - row;
        count += b - a;
        sum += (b * (b - 1) - a * (a - 1)) / 2;
        square += (b * (b - 1) * (2 * b - 1) - a * (a - 1) * (2 * a - 1)) / 6;
        from = Find(to, end, 1);
      }
      n += count;
      si += sum;
      sj += count * j;
      sk += count * k;
      ii += square;
      jj += count * j * j;
      kk += count * k * k;
      ij += sum * j;
      ik += sum * k;
      jk += count * j * k;
    }
  }
  const auto voxels = static_cast<double>(n);
  shape.voxels = voxels;
  shape.voxel_mm3 = voxels * region.voxel_mm3();
  shape.centre = {static_cast<double>(si) / voxels, static_cast<double>(sj) / voxels, static_cast<double>(sk) / voxels};
  const auto covariance = [&](int64_t product, double a, double b, int p, int q) {
    return (static_cast<double>(product) / voxels - a * b) * region.spacing[static_cast<size_t>(p)] *
           region.spacing[static_cast<size_t>(q)];
  };
  const Vec3 c = shape.centre;
  shape.variance_mm2 =
      VariancesOf({covariance(ii, c.x, c.x, 0, 0), covariance(jj, c.y, c.y, 1, 1), covariance(kk, c.z, c.z, 2, 2),
                   covariance(ij, c.x, c.y, 0, 1), covariance(ik, c.x, c.z, 0, 2), covariance(jk, c.y, c.z, 1, 2)});
}

}  // namespace

Shape ShapeOf(const Region& region, const Extents& extents, MeshKind kind) {
  Shape shape;
  shape.mesh = MeasureMesh(region, kind);
  for (size_t d = 0; d < 3; ++d) shape.box_mm[d] = static_cast<double>(region.size[d]) * region.spacing[d];
  AddVariances(region, shape);
  shape.hull = SpaceHull(OuterCorners(extents));
  std::vector<Vec3> corner;
  for (const SpacePoint& c : shape.hull.corners) {
    corner.push_back({static_cast<double>(c[0]) * region.spacing[0] / 2, static_cast<double>(c[1]) * region.spacing[1] / 2,
                      static_cast<double>(c[2]) * region.spacing[2] / 2});
  }
  for (const auto& face : shape.hull.faces) {
    const Vec3 a = corner[static_cast<size_t>(face[0])], b = corner[static_cast<size_t>(face[1])],
               c = corner[static_cast<size_t>(face[2])];
    shape.hull_size.mm2 += Norm(Cross(b - a, c - a)) / 2;
    shape.hull_size.mm3 += Dot(Cross(a, b), c) / 6;
  }
  shape.diameter_mm = DiameterOf(corner);
  return shape;
}

}  // namespace isovox::radiomics
