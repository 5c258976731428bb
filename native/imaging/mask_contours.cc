#include "imaging/mask_contours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "imaging/polygon.h"

namespace isovox {
namespace {

using Ring = std::vector<Point2>;

// Sides between voxels, as directed edges from corner to corner: a bit for each way out of a corner.
enum Way : int { kRight, kUp, kLeft, kDown };

class SideWalker {
 public:
  SideWalker(const CoverageMask& mask, int64_t slice)
      : width_(mask.box.end[0] - mask.box.begin[0]), height_(mask.box.end[1] - mask.box.begin[1]),
        coverage_(mask.coverage.data() + slice * width_ * height_),
        ways_(static_cast<size_t>((width_ + 1) * (height_ + 1)), 0) {
    for (int64_t j = 0; j < height_; ++j) {
      for (int64_t i = 0; i < width_; ++i) {
        if (!Covered(i, j)) continue;
        if (!Covered(i, j - 1)) Add(i, j, kRight);
        if (!Covered(i + 1, j)) Add(i + 1, j, kUp);
        if (!Covered(i, j + 1)) Add(i + 1, j + 1, kLeft);
        if (!Covered(i - 1, j)) Add(i, j + 1, kDown);
      }
    }
  }

  // Corners where the direction changes, in voxels from the box's first corner.
  std::vector<Ring> Rings() {
    std::vector<Ring> rings;
    for (int64_t j = 0; j <= height_; ++j) {
      for (int64_t i = 0; i <= width_; ++i) {
        while (ways_[Corner(i, j)] != 0) rings.push_back(Walk(i, j));
      }
    }
    return rings;
  }

 private:
  bool Covered(int64_t i, int64_t j) const {
    return i >= 0 && j >= 0 && i < width_ && j < height_ && coverage_[j * width_ + i] >= 0.5F;
  }
  size_t Corner(int64_t i, int64_t j) const { return static_cast<size_t>(j * (width_ + 1) + i); }
  void Add(int64_t i, int64_t j, Way way) { ways_[Corner(i, j)] |= static_cast<unsigned char>(1 << way); }

  Ring Walk(int64_t i, int64_t j) {
    Ring ring;
    const int64_t first_i = i, first_j = j;
    int way = kRight;
    while ((ways_[Corner(i, j)] >> way & 1) == 0) ++way;
    const int first_way = way;
    int before = -1;
    do {
      if (way != before) ring.push_back({static_cast<double>(i), static_cast<double>(j)});
      before = way;
      i += way == kRight ? 1 : way == kLeft ? -1 : 0;
      j += way == kUp ? 1 : way == kDown ? -1 : 0;
      // Left first: where two voxels touch at a corner, the walk stays at its own.
      const unsigned char open = ways_[Corner(i, j)];
      for (const int turn : {1, 0, 3}) {
        way = (before + turn) % 4;
        if ((open >> way & 1) != 0) break;
      }
      if (i != first_i || j != first_j || way != first_way) {
        ways_[Corner(i, j)] &= static_cast<unsigned char>(~(1 << way));
      }
    } while (i != first_i || j != first_j || way != first_way);
    ways_[Corner(first_i, first_j)] &= static_cast<unsigned char>(~(1 << first_way));
    if (before == first_way && ring.size() > 1) ring.erase(ring.begin());
    return ring;
  }

  int64_t width_, height_;
  const float* coverage_;
  std::vector<unsigned char> ways_;
};

double DistanceToLine(Point2 p, Point2 a, Point2 b) {
  const double du = b.u - a.u, dv = b.v - a.v, length2 = du * du + dv * dv;
  const double t = length2 > 0 ? std::clamp(((p.u - a.u) * du + (p.v - a.v) * dv) / length2, 0.0, 1.0) : 0;
  return std::hypot(p.u - a.u - t * du, p.v - a.v - t * dv);
}

// From the point furthest from the first, both halves.
Ring Simplified(const Ring& ring, double tolerance) {
  if (!(tolerance > 0) || ring.size() <= 4) return ring;
  const size_t count = ring.size();
  size_t furthest = 0;
  double reach = 0;
  for (size_t n = 1; n < count; ++n) {
    const double distance = std::hypot(ring[n].u - ring[0].u, ring[n].v - ring[0].v);
    if (distance > reach) {
      reach = distance;
      furthest = n;
    }
  }
  std::vector<char> kept(count + 1, 0);
  kept[0] = kept[furthest] = kept[count] = 1;
  std::vector<std::pair<size_t, size_t>> open{{0, furthest}, {furthest, count}};
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    size_t worst = from;
    double most = tolerance;
    for (size_t n = from + 1; n < to; ++n) {
      const double distance = DistanceToLine(ring[n], ring[from], ring[to % count]);
      if (distance > most) {
        most = distance;
        worst = n;
      }
    }
    if (worst == from) continue;
    kept[worst] = 1;
    open.push_back({from, worst});
    open.push_back({worst, to});
  }
  Ring out;
  for (size_t n = 0; n < count; ++n) {
    if (kept[n] != 0) out.push_back(ring[n]);
  }
  // Nothing is left of a ring as thin as the tolerance; and none may turn inside out.
  const double before = MomentsOf(ring).area;
  return out.size() >= 3 && MomentsOf(out).area * before > 0 ? out : ring;
}

// Joins every hole to the ring that lies to the right of its rightmost point, rightmost holes first.
std::vector<Ring> WithKeyholes(std::vector<Ring> rings) {
  std::vector<Ring> out, holes;
  for (Ring& ring : rings) (MomentsOf(ring).area > 0 ? out : holes).push_back(std::move(ring));
  const auto rightmost = [](const Ring& ring) {
    return std::max_element(ring.begin(), ring.end(), [](Point2 a, Point2 b) { return a.u < b.u; });
  };
  std::stable_sort(holes.begin(), holes.end(),
                   [&](const Ring& a, const Ring& b) { return rightmost(a)->u > rightmost(b)->u; });
  for (Ring& hole : holes) {
    std::rotate(hole.begin(), hole.begin() + (rightmost(hole) - hole.begin()), hole.end());
    const Point2 from = hole.front();
    Ring* target = nullptr;
    size_t after = 0;
    Point2 meeting{std::numeric_limits<double>::infinity(), from.v};
    for (Ring& ring : out) {
      for (size_t n = 0; n < ring.size(); ++n) {
        const Point2 a = ring[n], b = ring[(n + 1) % ring.size()];
        if ((a.v <= from.v) == (b.v <= from.v)) continue;
        const double u = a.u + (b.u - a.u) * ((from.v - a.v) / (b.v - a.v));
        if (u < from.u || u >= meeting.u) continue;
        meeting.u = u;
        target = &ring;
        after = n;
      }
    }
    if (target == nullptr) {
      out.push_back(std::move(hole));
      continue;
    }
    Ring seam{meeting};
    seam.insert(seam.end(), hole.begin(), hole.end());
    seam.push_back(from);
    seam.push_back(meeting);
    target->insert(target->begin() + static_cast<std::ptrdiff_t>(after) + 1, seam.begin(), seam.end());
  }
  return out;
}

}  // namespace

Roi MaskContours(const CoverageMask& mask, const ContourOptions& options, const Exec& exec) {
  Roi roi;
  roi.generation_algorithm = "AUTOMATIC";
  if (mask.box.empty()) return roi;
  const int64_t slices = mask.box.end[2] - mask.box.begin[2];
  const double su = mask.grid.spacing[0], sv = mask.grid.spacing[1];
  std::vector<std::vector<Ring>> found(static_cast<size_t>(slices));
  ParallelFor(exec, slices, 4, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      std::vector<Ring> rings = SideWalker(mask, k).Rings();
      for (Ring& ring : rings) {
        for (Point2& p : ring) p = {p.u * su, p.v * sv};
        ring = Simplified(ring, options.tolerance_mm);
      }
      if (options.holes == HoleStyle::kKeyhole) rings = WithKeyholes(std::move(rings));
      found[static_cast<size_t>(k)] = std::move(rings);
    }
  });
  for (int64_t k = 0; k < slices; ++k) {
    for (const Ring& ring : found[static_cast<size_t>(k)]) {
      roi.contours.push_back({ContourKind::kClosedPlanar, roi.points.size(), ring.size()});
      for (const Point2& p : ring) {
        roi.points.push_back(mask.grid.IndexToPatient({static_cast<double>(mask.box.begin[0]) - 0.5 + p.u / su,
                                                       static_cast<double>(mask.box.begin[1]) - 0.5 + p.v / sv,
                                                       static_cast<double>(mask.box.begin[2] + k)}));
      }
    }
  }
  return roi;
}

}  // namespace isovox
