#include "radiomics/oriented_box.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "simd/binning.h"
#include "simd/planar.h"
#include "volume/grid.h"

namespace isovox::radiomics {
namespace {

struct Flat {
  double x, y;
};

// The points but for those inside the polygon of the outermost along eight directions: these are no corners (S. G. Akl and
// G. T. Toussaint, 1978). A margin keeps those that rounding might put on either side.
std::vector<Flat> OuterOf(const std::vector<double>& x, const std::vector<double>& y) {
  constexpr double kOut[8][2] = {{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}};
  const auto n = static_cast<int64_t>(x.size());
  std::array<Flat, 8> far;
  for (size_t d = 0; d < 8; ++d) {
    const auto p = static_cast<size_t>(simd::FarthestAlong(x.data(), y.data(), n, kOut[d][0], kOut[d][1]));
    far[d] = {x[p], y[p]};
  }
  std::vector<simd::Edge> edges;
  for (size_t d = 0; d < 8; ++d) {
    const Flat a = far[d], b = far[(d + 1) % 8];
    if (a.x != b.x || a.y != b.y) edges.push_back({a.x, a.y, b.x, b.y});
  }
  std::vector<double> least(x.size());
  simd::LeastTurn(x.data(), y.data(), n, edges.data(), static_cast<int64_t>(edges.size()), least.data());
  const double size = far[0].x - far[4].x + far[2].y - far[6].y;
  std::vector<Flat> outer;
  for (size_t p = 0; p < x.size(); ++p) {
    if (!(least[p] > 1e-9 * size * size)) outer.push_back({x[p], y[p]});
  }
  return outer;
}

std::vector<Flat> HullOf(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<Flat> points = OuterOf(x, y);
  std::sort(points.begin(), points.end(), [](Flat a, Flat b) { return std::pair(a.x, a.y) < std::pair(b.x, b.y); });
  std::vector<Flat> hull;
  for (int half = 0; half < 2; ++half) {
    const size_t start = hull.size();
    for (const Flat& c : points) {
      while (hull.size() >= start + 2) {
        const Flat &a = hull[hull.size() - 2], &b = hull.back();
        if ((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0) break;
        hull.pop_back();
      }
      hull.push_back(c);
    }
    hull.pop_back();
    std::reverse(points.begin(), points.end());
  }
  return hull;
}

// Sides of the smallest rectangle around points; one side lies on an edge of their hull.
std::array<double, 2> SmallestRectangle(const std::vector<double>& x, const std::vector<double>& y) {
  const std::vector<Flat> hull = HullOf(x, y);
  std::array<double, 2> best{0, 0};
  double smallest = std::numeric_limits<double>::infinity();
  for (size_t e = 0; e < hull.size(); ++e) {
    const Flat a = hull[e], b = hull[(e + 1) % hull.size()];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    if (length == 0) continue;
    const double ux = (b.x - a.x) / length, uy = (b.y - a.y) / length;
    double u_min = 1e300, u_max = -1e300, v_min = 1e300, v_max = -1e300;
    for (const Flat& p : hull) {
      const double u = p.x * ux + p.y * uy, v = p.y * ux - p.x * uy;
      u_min = std::min(u_min, u);
      u_max = std::max(u_max, u);
      v_min = std::min(v_min, v);
      v_max = std::max(v_max, v);
    }
    const double area = (u_max - u_min) * (v_max - v_min);
    if (area < smallest) {
      smallest = area;
      best = {u_max - u_min, v_max - v_min};
    }
  }
  return best;
}

}  // namespace

std::array<double, 3> SmallestBox(const Hull& hull, const std::array<double, 3>& half_mm) {
  std::vector<Vec3> corners;
  for (const SpacePoint& c : hull.corners) {
    corners.push_back({static_cast<double>(c[0]) * half_mm[0], static_cast<double>(c[1]) * half_mm[1],
                       static_cast<double>(c[2]) * half_mm[2]});
  }
  simd::Coordinates axes;
  for (const Vec3& p : corners) {
    axes.x.push_back(p.x);
    axes.y.push_back(p.y);
    axes.z.push_back(p.z);
  }
  // First every face with one rectangle in its plane, along its first edge; then the most promising faces in full.
  struct Candidate {
    double bound;
    double height;
    Vec3 u, v;
  };
  std::vector<Candidate> candidates;
  for (const auto& face : hull.faces) {
    const Vec3 a = corners[static_cast<size_t>(face[0])], b = corners[static_cast<size_t>(face[1])];
    const Vec3 normal = Cross(b - a, corners[static_cast<size_t>(face[2])] - a);
    const Vec3 n = (1 / Norm(normal)) * normal;
    const Vec3 u = (1 / Norm(b - a)) * (b - a), v = Cross(n, u);
    const bool seen = std::any_of(candidates.end() - static_cast<int64_t>(std::min<size_t>(candidates.size(), 8)),
                                  candidates.end(), [&](const Candidate& c) { return Norm(Cross(c.u, c.v) - n) < 1e-9; });
    if (seen) continue;
    const simd::Ends along_u = EndsAlong(axes, u.x, u.y, u.z), along_v = EndsAlong(axes, v.x, v.y, v.z);
    const double height = Dot(a, n) - EndsAlong(axes, n.x, n.y, n.z).least;
    candidates.push_back({height * (along_u.most - along_u.least) * (along_v.most - along_v.least), height, u, v});
  }
  const size_t tried = std::min<size_t>(candidates.size(), 64);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<int64_t>(tried), candidates.end(),
                    [](const Candidate& a, const Candidate& b) { return a.bound < b.bound; });
  std::array<double, 3> best{0, 0, 0};
  double smallest = std::numeric_limits<double>::infinity();
  std::vector<double> along_u(corners.size()), along_v(corners.size());
  for (size_t c = 0; c < tried; ++c) {
    const Vec3 u = candidates[c].u, v = candidates[c].v;
    simd::Along(axes, u.x, u.y, u.z, along_u.data());
    simd::Along(axes, v.x, v.y, v.z, along_v.data());
    const auto sides = SmallestRectangle(along_u, along_v);
    const double volume = sides[0] * sides[1] * candidates[c].height;
    if (volume < smallest) {
      smallest = volume;
      best = {sides[0], sides[1], candidates[c].height};
    }
  }
  return best;
}

}  // namespace isovox::radiomics
