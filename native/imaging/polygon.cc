#include "imaging/polygon.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace isovox {

namespace {

struct Crossing {
  size_t first, second;  // edges, from the point of that number to the next; first < second
  Point2 at;
};

// Edges that cross strictly inside both, looked for from below: edges wait only while others begin beside them.
std::optional<Crossing> FirstCrossing(const std::vector<Point2>& loop) {
  const size_t count = loop.size();
  struct Side {
    double low, high;
    size_t edge;
  };
  std::vector<Side> sides(count), active;
  for (size_t n = 0; n < count; ++n) {
    const double a = loop[n].v, b = loop[(n + 1) % count].v;
    sides[n] = {std::min(a, b), std::max(a, b), n};
  }
  std::stable_sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.low < b.low; });
  const auto side_of = [](Point2 a, Point2 b, Point2 p) {
    return (b.u - a.u) * (p.v - a.v) - (b.v - a.v) * (p.u - a.u);
  };
  for (const Side& side : sides) {
    std::erase_if(active, [&](const Side& other) { return other.high < side.low; });
    for (const Side& other : active) {
      const size_t i = std::min(side.edge, other.edge), j = std::max(side.edge, other.edge);
      const Point2 a = loop[i], b = loop[i + 1], c = loop[j], d = loop[(j + 1) % count];
      const double c_side = side_of(a, b, c), d_side = side_of(a, b, d);
      if (!((c_side < 0 && d_side > 0) || (c_side > 0 && d_side < 0))) continue;
      const double a_side = side_of(c, d, a), b_side = side_of(c, d, b);
      if (!((a_side < 0 && b_side > 0) || (a_side > 0 && b_side < 0))) continue;
      const double part = a_side / (a_side - b_side);
      return Crossing{i, j, {a.u + part * (b.u - a.u), a.v + part * (b.v - a.v)}};
    }
    active.push_back(side);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::vector<Point2>> SplitAtCrossings(std::vector<Point2> loop) {
  std::vector<std::vector<Point2>> simple, waiting;
  waiting.push_back(std::move(loop));
  // Every crossing parts one loop; a scribble has more than are worth it.
  constexpr size_t kMostLoops = 64;
  while (!waiting.empty()) {
    std::vector<Point2> one = std::move(waiting.back());
    waiting.pop_back();
    if (one.size() < 3) continue;
    const auto crossing = simple.size() + waiting.size() < kMostLoops ? FirstCrossing(one) : std::nullopt;
    if (!crossing) {
      simple.push_back(std::move(one));
      continue;
    }
    const auto from = one.begin() + static_cast<std::ptrdiff_t>(crossing->first) + 1;
    const auto to = one.begin() + static_cast<std::ptrdiff_t>(crossing->second) + 1;
    std::vector<Point2> inner(from, to);
    inner.push_back(crossing->at);
    one.erase(from, to);
    one.insert(one.begin() + static_cast<std::ptrdiff_t>(crossing->first) + 1, crossing->at);
    waiting.push_back(std::move(one));
    waiting.push_back(std::move(inner));
  }
  return simple;
}

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
