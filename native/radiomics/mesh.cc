#include "radiomics/mesh.h"

#include <algorithm>
#include <cmath>

#include "radiomics/convex_hull.h"
#include "radiomics/marching_cubes.h"

namespace isovox::radiomics {
namespace {

// How many cubes look alike, and the sum of their positions: with these the mesh need not be built, and all sums are of
// whole numbers, the same in any order.
struct CubeCount {
  int64_t n = 0, i = 0, j = 0, k = 0;
};

std::array<CubeCount, 256> CountCubes(const Region& region) {
  std::array<CubeCount, 256> counts{};
  const auto [nx, ny, nz] = region.size;
  const std::vector<uint8_t> empty(static_cast<size_t>(nx), 0);
  const auto row = [&](int64_t j, int64_t k) {
    return j < 0 || j >= ny || k < 0 || k >= nz ? empty.data() : region.morphology.data() + (k * ny + j) * nx;
  };
  // A cube's corner 0 is voxel (i, j, k) - 1, so that positions count from the voxel before the box.
  for (int64_t k = 0; k <= nz; ++k) {
    for (int64_t j = 0; j <= ny; ++j) {
      const uint8_t* a = row(j - 1, k - 1);
      const uint8_t* b = row(j, k - 1);
      const uint8_t* c = row(j - 1, k);
      const uint8_t* d = row(j, k);
      int left = 0;  // the four corners at i - 1, on bits 0, 2, 4, 6
      for (int64_t i = 0; i <= nx; ++i) {
        const int right = i < nx ? a[i] | (b[i] << 2) | (c[i] << 4) | (d[i] << 6) : 0;
        const int cube = left | (right << 1);
        left = right;
        if (cube == 0 || cube == 255) continue;
        CubeCount& count = counts[static_cast<size_t>(cube)];
        ++count.n;
        count.i += i;
        count.j += j;
        count.k += k;
      }
    }
  }
  return counts;
}

}  // namespace

MeshSize MeasureMesh(const Region& region, MeshKind kind) {
  const auto counts = CountCubes(region);
  const auto& table = CubeTriangles(kind);
  MeshSize size;
  // Volume by the divergence theorem: the sum of p . n over triangles, p from the voxel before the box; in eighths of a
  // voxel, times 6.
  int64_t volume48 = 0;
  for (size_t cube = 0; cube < 256; ++cube) {
    const CubeCount& count = counts[cube];
    if (count.n == 0) continue;
    for (const CubeTriangle& t : table[cube]) {
      std::array<int64_t, 3> u, v;
      for (size_t d = 0; d < 3; ++d) {
        u[d] = t[1][d] - t[0][d];
        v[d] = t[2][d] - t[0][d];
      }
      const std::array<int64_t, 3> normal{u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
      volume48 += normal[0] * (2 * count.i + t[0][0] * count.n) + normal[1] * (2 * count.j + t[0][1] * count.n) +
                  normal[2] * (2 * count.k + t[0][2] * count.n);
      const double x = static_cast<double>(normal[0]) * region.spacing[1] * region.spacing[2];
      const double y = static_cast<double>(normal[1]) * region.spacing[2] * region.spacing[0];
      const double z = static_cast<double>(normal[2]) * region.spacing[0] * region.spacing[1];
      size.mm2 += static_cast<double>(count.n) * std::sqrt(x * x + y * y + z * z) / 8;
    }
  }
  size.mm3 = static_cast<double>(volume48) / 48 * region.voxel_mm3();
  return size;
}

std::vector<HalfVoxel> OuterCorners(const Region& region) {
  const auto [nx, ny, nz] = region.size;
  std::vector<std::vector<PlanePoint>> planes(static_cast<size_t>(2 * nz + 1));  // by 2 k + 1
  const auto add = [&](int64_t i2, int64_t j2, int64_t k2) { planes[static_cast<size_t>(k2 + 1)].push_back({i2, j2}); };
  std::vector<int64_t> first_k(static_cast<size_t>(nx * ny), -1), last_k(first_k);
  for (int64_t k = 0; k < nz; ++k) {
    std::vector<int64_t> first_j(static_cast<size_t>(nx), -1), last_j(first_j);
    for (int64_t j = 0; j < ny; ++j) {
      const uint8_t* row = region.morphology.data() + (k * ny + j) * nx;
      int64_t first = -1, last = -1;
      for (int64_t i = 0; i < nx; ++i) {
        if (row[i] == 0) continue;
        if (first < 0) first = i;
        last = i;
        const auto at = static_cast<size_t>(i), column = static_cast<size_t>(j * nx + i);
        if (first_j[at] < 0) first_j[at] = j;
        last_j[at] = j;
        if (first_k[column] < 0) first_k[column] = k;
        last_k[column] = k;
      }
      if (first < 0) continue;
      add(2 * first - 1, 2 * j, 2 * k);
      add(2 * last + 1, 2 * j, 2 * k);
    }
    for (int64_t i = 0; i < nx; ++i) {
      const auto at = static_cast<size_t>(i);
      if (first_j[at] < 0) continue;
      add(2 * i, 2 * first_j[at] - 1, 2 * k);
      add(2 * i, 2 * last_j[at] + 1, 2 * k);
    }
  }
  for (int64_t j = 0; j < ny; ++j) {
    for (int64_t i = 0; i < nx; ++i) {
      const auto column = static_cast<size_t>(j * nx + i);
      if (first_k[column] < 0) continue;
      add(2 * i, 2 * j, 2 * first_k[column] - 1);
      add(2 * i, 2 * j, 2 * last_k[column] + 1);
    }
  }
  std::vector<HalfVoxel> corners;
  for (size_t p = 0; p < planes.size(); ++p) {
    for (const PlanePoint& point : PlaneHull(std::move(planes[p]))) {
      corners.push_back({point[0], point[1], static_cast<int64_t>(p) - 1});
    }
  }
  return corners;
}

}  // namespace isovox::radiomics
