#include "imaging/contour_planes.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

// Contours of one image slice agree to a few hundredths of a millimetre (they are written as decimal text), and slices
// of the finest scanners are 0.1 mm apart.
constexpr double kSamePlaneMm = 0.05;
// A point further off its contour's plane than this makes the contour not planar.
constexpr double kFlatMm = 0.5;
constexpr double kParallel = 1e-4;      // sine of the angle that counts as none
constexpr double kSmallestLoopMm2 = 1e-6;
// A loop that covers less than this part of its box, by the winding of its edges, may be an eight whose lobes cancel.
constexpr double kMaySelfCancel = 0.2;
constexpr double kSameArea = 0.999;

// Newell's normal: its length is twice the area.
Vec3 AreaVector(std::span<const Vec3> points) {
  Vec3 sum{0, 0, 0};
  const Vec3 o = points[0];
  for (size_t i = 1; i + 1 < points.size(); ++i) sum = sum + Cross(points[i] - o, points[i + 1] - o);
  return sum;
}

// Of a planar loop's normal that no crossing of the loop turns about: triangles to the first point, all facing alike.
Vec3 UnsignedAreaVector(std::span<const Vec3> points) {
  Vec3 sum{0, 0, 0};
  for (size_t i = 1; i + 1 < points.size(); ++i) {
    const Vec3 one = Cross(points[i] - points[0], points[i + 1] - points[0]);
    sum = Dot(sum, one) < 0 ? sum - one : sum + one;
  }
  return sum;
}

bool Parallel(Vec3 a, Vec3 b, double sine) { return Norm(Cross(a, b)) <= sine * Norm(a) * Norm(b); }

bool Orthonormal(const Axes& axes) {
  return std::abs(Dot(axes.i, axes.j)) < 1e-6 && std::abs(Dot(axes.i, axes.k)) < 1e-6 &&
         std::abs(Dot(axes.j, axes.k)) < 1e-6;
}

std::optional<PlaneFrame> FrameAlong(const Axes& axes, Vec3 normal) {
  if (!Orthonormal(axes)) return std::nullopt;
  if (Parallel(axes.k, normal, kParallel)) return PlaneFrame{axes.i, axes.j, axes.k};
  if (Parallel(axes.j, normal, kParallel)) return PlaneFrame{axes.i, axes.k, axes.j};
  if (Parallel(axes.i, normal, kParallel)) return PlaneFrame{axes.j, axes.k, axes.i};
  return std::nullopt;
}

PlaneFrame FrameOf(Vec3 normal, const std::optional<Axes>& prefer) {
  if (prefer) {
    if (const auto frame = FrameAlong(*prefer, normal)) return *frame;
  }
  if (const auto frame = FrameAlong(Axes{}, normal)) return *frame;
  const Vec3 n = (1 / Norm(normal)) * normal;
  const Vec3 least = std::abs(n.x) <= std::abs(n.y) && std::abs(n.x) <= std::abs(n.z) ? Vec3{1, 0, 0}
                     : std::abs(n.y) <= std::abs(n.z)                                ? Vec3{0, 1, 0}
                                                                                     : Vec3{0, 0, 1};
  Vec3 u = Cross(least, n);
  u = (1 / Norm(u)) * u;
  return {u, Cross(n, u), n};
}

Loop Measured(std::vector<Point2> points) {
  Loop loop;
  loop.points = std::move(points);
  loop.moments = MomentsOf(loop.points);
  loop.bounds = BoundsOf(loop.points);
  return loop;
}

Loop ProjectLoop(std::span<const Vec3> points, const PlaneFrame& frame) {
  Loop loop;
  loop.points.reserve(points.size());
  for (const Vec3& p : points) {
    const Point2 q{Dot(p, frame.axis_u), Dot(p, frame.axis_v)};
    if (loop.points.empty() || !(loop.points.back() == q)) loop.points.push_back(q);
  }
  while (loop.points.size() > 1 && loop.points.front() == loop.points.back()) loop.points.pop_back();
  return Measured(std::move(loop.points));
}

// The loop, or the lobes of one that crosses itself so that they cancel.
std::vector<Loop> Lobes(Loop loop) {
  std::vector<Loop> lobes;
  if (loop.points.size() > 3 && std::abs(loop.moments.area) < kMaySelfCancel * loop.bounds.area()) {
    auto parts = SplitAtCrossings(loop.points);
    if (parts.size() > 1) {
      for (auto& part : parts) lobes.push_back(Measured(std::move(part)));
      return lobes;
    }
  }
  lobes.push_back(std::move(loop));
  return lobes;
}

bool LiesOn(const std::vector<Point2>& loop, Point2 p, double near) {
  Point2 a = loop.back();
  for (const Point2& b : loop) {
    const double du = b.u - a.u, dv = b.v - a.v, length2 = du * du + dv * dv;
    const double along = length2 > 0 ? std::clamp(((p.u - a.u) * du + (p.v - a.v) * dv) / length2, 0.0, 1.0) : 0;
    if (std::hypot(p.u - a.u - along * du, p.v - a.v - along * dv) < near) return true;
    a = b;
  }
  return false;
}

// The same of loops that touch, as those of voxels that meet at a corner do: by points and middles of edges off the outer
// loop, and where there are none, by the middle.
bool HoldsTouching(const Loop& outer, const Loop& inner) {
  const double near = 1e-6 * std::sqrt(outer.bounds.area());
  const size_t count = inner.points.size(), step = std::max<size_t>(1, count / 16);
  size_t in = 0, tried = 0;
  for (size_t i = 0; i < count; i += step) {
    const Point2 p = inner.points[i], q = inner.points[(i + 1) % count];
    for (const Point2 at : {p, Point2{(p.u + q.u) / 2, (p.v + q.v) / 2}}) {
      if (LiesOn(outer.points, at, near)) continue;
      ++tried;
      in += Contains(outer.points, at);
    }
  }
  if (tried > 0) return in * 8 >= tried * 7;
  // One loop drawn twice holds nothing.
  return std::abs(inner.moments.area) < kSameArea * std::abs(outer.moments.area) &&
         Contains(outer.points, {inner.moments.u, inner.moments.v});
}

// A loop holds another when it holds a sample of its points; a loop that only overlaps another is not inside it.
bool Holds(const Loop& outer, const Loop& inner) {
  if (std::abs(outer.moments.area) <= std::abs(inner.moments.area)) return false;
  const Box2 &a = outer.bounds, &b = inner.bounds;
  if (b.u0 < a.u0 || b.u1 > a.u1 || b.v0 < a.v0 || b.v1 > a.v1) return false;
  const size_t step = std::max<size_t>(1, inner.points.size() / 16);
  size_t in = 0, tried = 0;
  for (size_t i = 0; i < inner.points.size(); i += step, ++tried) in += Contains(outer.points, inner.points[i]);
  return in * 8 >= tried * 7 || HoldsTouching(outer, inner);
}

void FindDepths(ContourPlane& plane) {
  if (plane.loops.size() < 2) return;
  for (Loop& loop : plane.loops) {
    loop.depth = 0;
    for (const Loop& other : plane.loops) loop.depth += &other != &loop && Holds(other, loop);
  }
}

double MedianGap(const std::vector<ContourPlane>& planes) {
  if (planes.size() < 2) return 0;
  std::vector<double> gaps;
  for (size_t k = 1; k < planes.size(); ++k) gaps.push_back(planes[k].w - planes[k - 1].w);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>((gaps.size() - 1) / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

}  // namespace

PlaneStack StackPlanes(const Roi& roi, const std::optional<Axes>& prefer) {
  PlaneStack stack;
  struct Candidate {
    const Contour* contour;
    Vec3 area;
  };
  std::vector<Candidate> candidates;
  size_t closed = 0, degenerate = 0, crooked = 0;
  Vec3 largest{0, 0, 0};
  for (const Contour& contour : roi.contours) {
    if (contour.kind != ContourKind::kClosedPlanar && contour.kind != ContourKind::kClosedPlanarXor) continue;
    ++closed;
    const auto points = roi.PointsOf(contour);
    Vec3 area = points.size() >= 3 ? AreaVector(points) : Vec3{0, 0, 0};
    if (points.size() > 3 && !(Norm(area) / 2 > kSmallestLoopMm2)) area = UnsignedAreaVector(points);
    if (!(Norm(area) / 2 > kSmallestLoopMm2)) {
      ++degenerate;
      continue;
    }
    if (Norm(area) > Norm(largest)) largest = area;
    candidates.push_back({&contour, area});
  }
  if (candidates.empty()) {
    const bool drawn = !roi.contours.empty();
    stack.findings.push_back(drawn ? Finding{"roi.degenerate", Severity::kWarn,
                                             "No contour encloses an area (points, lines or fewer than three points)"}
                                   : Finding{"roi.empty", Severity::kWarn, "The structure has no contours"});
    return stack;
  }
  stack.frame = FrameOf(largest, prefer);

  std::vector<std::pair<double, Loop>> loops;
  loops.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    const auto points = roi.PointsOf(*candidate.contour);
    double low = 1e300, high = -1e300, sum = 0;
    for (const Vec3& p : points) {
      const double w = Dot(p, stack.frame.normal);
      low = std::min(low, w);
      high = std::max(high, w);
      sum += w;
    }
    if (high - low > 2 * kFlatMm) {
      ++crooked;
      continue;
    }
    bool encloses = false;
    for (Loop& loop : Lobes(ProjectLoop(points, stack.frame))) {
      if (loop.points.size() < 3 || !(std::abs(loop.moments.area) > kSmallestLoopMm2)) continue;
      encloses = true;
      loop.exclusive_or = candidate.contour->kind == ContourKind::kClosedPlanarXor;
      loops.emplace_back(sum / static_cast<double>(points.size()), std::move(loop));
    }
    degenerate += !encloses;
  }
  std::stable_sort(loops.begin(), loops.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  double first = 0;
  for (auto& [w, loop] : loops) {
    if (stack.planes.empty() || w - first > kSamePlaneMm) {
      stack.planes.push_back({w, {}});
      first = w;
    }
    stack.planes.back().loops.push_back(std::move(loop));
  }
  for (ContourPlane& plane : stack.planes) FindDepths(plane);
  stack.spacing = MedianGap(stack.planes);

  if (degenerate > 0) {
    stack.findings.push_back({"roi.degenerate", stack.planes.empty() ? Severity::kWarn : Severity::kInfo,
                              std::to_string(degenerate) + " of " + std::to_string(closed) +
                                  " contours enclose no area and were left out"});
  }
  if (crooked > 0) {
    stack.findings.push_back({"roi.not_parallel", Severity::kWarn,
                              std::to_string(crooked) + " of " + std::to_string(closed) +
                                  " contours do not lie in planes parallel to the largest one and were left out"});
  }
  return stack;
}

}  // namespace isovox
