// Convex hulls of lattice points, exact: coordinates are whole numbers and every test is made in 64-bit integers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace isovox::radiomics {

using PlanePoint = std::array<int64_t, 2>;
using SpacePoint = std::array<int64_t, 3>;

// Corners in counter-clockwise order, without points on edges. REQUIRES: ascending points, none twice.
std::vector<PlanePoint> SortedHull(std::vector<PlanePoint> points);

struct Hull {
  std::vector<SpacePoint> corners;
  std::vector<std::array<int, 3>> faces;  // triangles, counter-clockwise seen from outside; some may share a plane
};

// Quickhull. REQUIRES: not all points in one plane, coordinates below 2^20.
Hull SpaceHull(const std::vector<SpacePoint>& points);

}  // namespace isovox::radiomics
