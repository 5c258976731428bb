// Closed polygons in a plane: integrals over their interior and point tests.
#pragma once

#include <span>
#include <vector>

namespace isovox {

struct Point2 {
  double u = 0, v = 0;
  friend bool operator==(Point2 a, Point2 b) = default;
};

struct Box2 {
  double u0 = 1e300, u1 = -1e300, v0 = 1e300, v1 = -1e300;
  void Add(Point2 p) {
    u0 = p.u < u0 ? p.u : u0;
    u1 = p.u > u1 ? p.u : u1;
    v0 = p.v < v0 ? p.v : v0;
    v1 = p.v > v1 ? p.v : v1;
  }
  bool empty() const { return u0 > u1; }
  double area() const { return empty() ? 0 : (u1 - u0) * (v1 - v0); }
};

// Area, centroid and central second moments per area of the interior. A key-hole polygon's seam cancels, so its hole is
// left out of all of them.
struct Moments {
  double area = 0;  // positive for a counter-clockwise loop
  double u = 0, v = 0;
  double uu = 0, uv = 0, vv = 0;
};

// By Green's theorem, about the first point so that large coordinates cost no digits.
Moments MomentsOf(std::span<const Point2> loop);
Box2 BoundsOf(std::span<const Point2> loop);
// A loop that crosses itself as loops that do not, each of them closed at the crossings; by the even-odd rule both cover
// the same where these do not cross each other. What encloses nothing is left out.
std::vector<std::vector<Point2>> SplitAtCrossings(std::vector<Point2> loop);
// Even-odd rule.
bool Contains(std::span<const Point2> loop, Point2 point);

}  // namespace isovox
