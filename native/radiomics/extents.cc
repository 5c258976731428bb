#include "radiomics/extents.h"

#include <algorithm>
#include <cstring>

#include "simd/targets.h"

namespace isovox::radiomics {
namespace {

// Lines across the rows: where `in` is set, line x has a voxel at `place`.
ISOVOX_CPU_TARGETS void Meet(const uint8_t* in, int64_t n, int32_t place, int32_t* first, int32_t* last) {
  for (int64_t x = 0; x < n; ++x) {
    last[x] = in[x] != 0 ? place : last[x];
    first[x] = in[x] != 0 && first[x] < 0 ? place : first[x];
  }
}

ISOVOX_CPU_TARGETS void Differ(const uint8_t* a, const uint8_t* b, int64_t n, uint8_t* out) {
  for (int64_t x = 0; x < n; ++x) out[x] = a[x] ^ b[x];
}

void MeetRow(const uint8_t* in, int64_t n, size_t line, Ends& ends) {
  const auto* first = static_cast<const uint8_t*>(std::memchr(in, 1, static_cast<size_t>(n)));
  if (first == nullptr) return;
  int64_t last = n - 1;
  while (in[last] == 0) --last;
  ends.first[line] = static_cast<int32_t>(first - in);
  ends.last[line] = static_cast<int32_t>(last);
}

}  // namespace

Extents::Extents(const Region& region)
    : size(region.size), along_i(size[1] * size[2]), along_j(size[0] * size[2]), along_k(size[0] * size[1]) {
  const auto [nx, ny, nz] = size;
  for (int64_t k = 0; k < nz; ++k) {
    for (int64_t j = 0; j < ny; ++j) {
      const uint8_t* in = region.morphology.data() + (k * ny + j) * nx;
      MeetRow(in, nx, static_cast<size_t>(k * ny + j), along_i);
      Meet(in, nx, static_cast<int32_t>(j), along_j.first.data() + k * nx, along_j.last.data() + k * nx);
      Meet(in, nx, static_cast<int32_t>(k), along_k.first.data() + j * nx, along_k.last.data() + j * nx);
    }
  }
}

Changes::Changes(const Region& region)
    : across_i((region.size[0] + 1) * region.size[2]),
      across_j((region.size[1] + 1) * region.size[2]),
      across_k((region.size[2] + 1) * region.size[1]) {
  const auto [nx, ny, nz] = region.size;
  // A row with nothing around it.
  std::vector<uint8_t> row(static_cast<size_t>(nx) + 2, 0), differ(row.size());
  const std::vector<uint8_t> nothing(static_cast<size_t>(nx), 0);
  // Planes across i: line k of plane p is gathered at [k][p], so that a row of voxels is a row of lines.
  Ends of_k(nx + 1);
  for (int64_t k = 0; k <= nz; ++k) {
    std::fill(of_k.first.begin(), of_k.first.end(), -1);
    for (int64_t j = 0; j <= ny; ++j) {
      const auto at = [&](int64_t y, int64_t z) {
        return y < 0 || y >= ny || z < 0 || z >= nz ? nothing.data() : region.morphology.data() + (z * ny + y) * nx;
      };
      const uint8_t* here = at(j, k);
      if (j < ny) {
        Differ(at(j, k - 1), here, nx, differ.data());
        MeetRow(differ.data(), nx, static_cast<size_t>(k * ny + j), across_k);
      }
      if (k == nz) continue;
      Differ(at(j - 1, k), here, nx, differ.data());
      MeetRow(differ.data(), nx, static_cast<size_t>(j * nz + k), across_j);
      if (j == ny) continue;
      std::copy(here, here + nx, row.data() + 1);
      Differ(row.data(), row.data() + 1, nx + 1, differ.data());
      Meet(differ.data(), nx + 1, static_cast<int32_t>(j), of_k.first.data(), of_k.last.data());
    }
    for (int64_t p = 0; p <= nx && k < nz; ++p) {
      across_i.first[static_cast<size_t>(p * nz + k)] = of_k.first[static_cast<size_t>(p)];
      across_i.last[static_cast<size_t>(p * nz + k)] = of_k.last[static_cast<size_t>(p)];
    }
  }
}

void RowPoints::Clear() {
  std::fill(low_.begin(), low_.end(), kNone);
  std::fill(high_.begin(), high_.end(), -kNone);
}

std::vector<PlanePoint> RowPoints::Hull() const {
  std::vector<PlanePoint> points;
  for (size_t r = 0; r < low_.size(); ++r) {
    if (low_[r] == kNone) continue;
    const int64_t row = least_ + static_cast<int64_t>(r);
    points.push_back({row, low_[r]});
    if (high_[r] != low_[r]) points.push_back({row, high_[r]});
  }
  std::vector<PlanePoint> hull = SortedHull(std::move(points));
  for (PlanePoint& point : hull) std::swap(point[0], point[1]);
  return hull;
}

}  // namespace isovox::radiomics
