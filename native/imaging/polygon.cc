#include "imaging/polygon.h"

#include <cmath>

namespace isovox {

Moments MomentsOf(std::span<const Point2> loop) {
  Moments m;
  if (loop.size() < 3) return m;
  const Point2 o = loop[0];
  double a = 0, su = 0, sv = 0, suu = 0, suv = 0, svv = 0;
  Point2 p{loop.back().u - o.u, loop.back().v - o.v};
  for (const Point2& raw : loop) {
    const Point2 q{raw.u - o.u, raw.v - o.v};
    const double cross = p.u * q.v - q.u * p.v;
    a += cross;
    su += cross * (p.u + q.u);
    sv += cross * (p.v + q.v);
    suu += cross * (p.u * p.u + p.u * q.u + q.u * q.u);
    svv += cross * (p.v * p.v + p.v * q.v + q.v * q.v);
    suv += cross * (2 * p.u * p.v + p.u * q.v + q.u * p.v + 2 * q.u * q.v);
    p = q;
  }
  m.area = a / 2;
  if (a == 0) return m;
  const double cu = su / (3 * a), cv = sv / (3 * a);
  m.u = o.u + cu;
  m.v = o.v + cv;
  m.uu = suu / (6 * a) - cu * cu;
  m.vv = svv / (6 * a) - cv * cv;
  m.uv = suv / (12 * a) - cu * cv;
  return m;
}

Box2 BoundsOf(std::span<const Point2> loop) {
  Box2 box;
  for (const Point2& p : loop) box.Add(p);
  return box;
}

bool Contains(std::span<const Point2> loop, Point2 point) {
  bool inside = false;
  Point2 p = loop.back();
  for (const Point2& q : loop) {
    if ((p.v > point.v) != (q.v > point.v) &&
        point.u < p.u + (q.u - p.u) * (point.v - p.v) / (q.v - p.v)) {
      inside = !inside;
    }
    p = q;
  }
  return inside;
}

}  // namespace isovox
