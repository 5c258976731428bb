#include "radiomics/mesh.h"

#include <algorithm>
#include <cmath>

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

std::vector<HalfVoxel> OuterCorners(const Extents& extents) {
  const auto [nx, ny, nz] = extents.size;
  std::vector<HalfVoxel> corners;
  RowPoints plane(-1, 2 * ny - 1);
  const auto finish = [&](int64_t k2) {
    for (const PlanePoint& point : plane.Hull()) corners.push_back({point[0], point[1], k2});
    plane.Clear();
  };
  // Between planes of voxels lie the ends of the columns: the lower at k2 = 2 first - 1, the upper at 2 last + 1.
  std::vector<std::vector<PlanePoint>> ends(static_cast<size_t>(nz) + 1);
  for (int64_t j = 0; j < ny; ++j) {
    for (int64_t i = 0; i < nx; ++i) {
      const auto column = static_cast<size_t>(j * nx + i);
      if (extents.along_k.first[column] < 0) continue;
      ends[static_cast<size_t>(extents.along_k.first[column])].push_back({2 * i, 2 * j});
      ends[static_cast<size_t>(extents.along_k.last[column]) + 1].push_back({2 * i, 2 * j});
    }
  }
  for (int64_t k = 0; k <= nz; ++k) {
    for (const PlanePoint& point : ends[static_cast<size_t>(k)]) plane.Add(point[0], point[1]);
    finish(2 * k - 1);
    if (k == nz) break;
    for (int64_t j = 0; j < ny; ++j) {
      const auto row = static_cast<size_t>(k * ny + j);
      if (extents.along_i.first[row] < 0) continue;
      plane.Add(2 * extents.along_i.first[row] - 1, 2 * j);
      plane.Add(2 * extents.along_i.last[row] + 1, 2 * j);
    }
    for (int64_t i = 0; i < nx; ++i) {
      const auto line = static_cast<size_t>(k * nx + i);
      if (extents.along_j.first[line] < 0) continue;
      plane.Add(2 * i, 2 * extents.along_j.first[line] - 1);
      plane.Add(2 * i, 2 * extents.along_j.last[line] + 1);
    }
    finish(2 * k);
  }
  return corners;
}

}  // namespace isovox::radiomics
