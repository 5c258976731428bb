// The table of marching cubes, derived instead of written down: the surface crosses each face between the edges whose
// ends differ, the crossings of the six faces close into loops, and each loop is cut into a fan. Where a face has two
// inside corners across from each other they are kept apart.
//
// The fan's apex is the corner of the loop that gives the largest area; in a loop of seven, the one on its axis of
// symmetry. This is the triangulation PyRadiomics' table has in every case whose corner 7 is outside (checked case by
// case on three spacings), so both dialects share it.
#include "imaging/marching_cubes.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

using Point = std::array<int, 3>;

bool Inside(int cube, int corner) { return ((cube >> corner) & 1) != 0; }

Point Middle(int a, int b) {
  Point p;
  for (int d = 0; d < 3; ++d) p[static_cast<size_t>(d)] = ((a >> d) & 1) + ((b >> d) & 1);
  return p;
}

struct Segment {
  Point from, to;
};

// Crossings of one face, directed so that loops run counter-clockwise seen from outside the structure.
void AddSegments(int cube, int axis, int side, std::vector<Segment>& segments) {
  const int u = (axis + 1) % 3, v = (axis + 2) % 3;
  const int base = side << axis;
  // Counter-clockwise seen from outside.
  std::array<int, 4> ring{base, base | (1 << u), base | (1 << u) | (1 << v), base | (1 << v)};
  if (side == 0) std::swap(ring[1], ring[3]);
  for (size_t k = 0; k < 4; ++k) {
    // From the edge where a run of inside corners begins to the edge where it ends.
    if (!Inside(cube, ring[k]) || Inside(cube, ring[(k + 1) % 4])) continue;
    size_t begin = k;
    while (Inside(cube, ring[(begin + 3) % 4])) begin = (begin + 3) % 4;
    segments.push_back({Middle(ring[(begin + 3) % 4], ring[begin]), Middle(ring[k], ring[(k + 1) % 4])});
  }
}

double FanArea(const std::vector<Point>& loop, size_t apex) {
  double area = 0;
  for (size_t k = 1; k + 1 < loop.size(); ++k) {
    std::array<double, 3> p, q;
    for (size_t d = 0; d < 3; ++d) {
      p[d] = loop[(apex + k) % loop.size()][d] - loop[apex][d];
      q[d] = loop[(apex + k + 1) % loop.size()][d] - loop[apex][d];
    }
    area += std::hypot(p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]);
  }
  return area;
}

size_t Apex(const std::vector<Point>& loop) {
  std::vector<double> area;
  for (size_t a = 0; a < loop.size(); ++a) area.push_back(FanArea(loop, a));
  const auto same = [](double a, double b) { return std::abs(a - b) < 1e-9; };
  if (loop.size() == 7) {
    for (size_t a = 0; a < area.size(); ++a) {
      const auto alike = std::count_if(area.begin(), area.end(), [&](double other) { return same(area[a], other); });
      if (alike == 1) return a;
    }
  }
  size_t best = 0;
  for (size_t a = 1; a < area.size(); ++a) {
    if (area[a] > area[best] && !same(area[a], area[best])) best = a;
  }
  return best;
}

std::vector<CubeTriangle> TrianglesOf(int cube) {
  std::vector<Segment> segments;
  for (int axis = 0; axis < 3; ++axis) {
    for (int side = 0; side < 2; ++side) AddSegments(cube, axis, side, segments);
  }
  std::vector<CubeTriangle> triangles;
  while (!segments.empty()) {
    std::vector<Point> loop{segments.back().from};
    Point next = segments.back().to;
    segments.pop_back();
    while (next != loop.front()) {
      loop.push_back(next);
      const auto found = std::find_if(segments.begin(), segments.end(), [&](const Segment& s) { return s.from == next; });
      next = found->to;
      segments.erase(found);
    }
    const size_t apex = Apex(loop);
    for (size_t k = 1; k + 1 < loop.size(); ++k) {
      triangles.push_back({loop[apex], loop[(apex + k) % loop.size()], loop[(apex + k + 1) % loop.size()]});
    }
  }
  return triangles;
}

std::array<std::vector<CubeTriangle>, 256> MakeTable(MeshKind kind) {
  std::array<std::vector<CubeTriangle>, 256> table;
  // Bit 6 is corner (0, 1, 1), PyRadiomics' corner 7.
  for (int cube = 0; cube < 256; ++cube) {
    const bool mirror = kind == MeshKind::kMirrored && (cube & 64) != 0;
    auto& triangles = table[static_cast<size_t>(cube)];
    triangles = TrianglesOf(mirror ? 255 - cube : cube);
    if (mirror) {
      for (CubeTriangle& triangle : triangles) std::swap(triangle[1], triangle[2]);
    }
  }
  return table;
}

}  // namespace

const std::array<std::vector<CubeTriangle>, 256>& CubeTriangles(MeshKind kind) {
  static const auto watertight = MakeTable(MeshKind::kWatertight);
  static const auto mirrored = MakeTable(MeshKind::kMirrored);
  return kind == MeshKind::kMirrored ? mirrored : watertight;
}

}  // namespace isovox
