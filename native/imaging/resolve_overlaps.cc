// A sweep in v: the plane is cut into strips at every vertex and every crossing, so that inside a strip no edges meet;
// there the edges are sorted by u and walked with the rule.
#include "imaging/resolve_overlaps.h"

#include <algorithm>

namespace isovox {
namespace {

struct Side {
  double v0, v1, u0, u1;  // v0 < v1
  int loop;
  double At(double v) const { return v == v0 ? u0 : v == v1 ? u1 : u0 + (u1 - u0) * ((v - v0) / (v1 - v0)); }
};

class Rule {
 public:
  explicit Rule(std::span<const PlaneLoop> loops) : loops_(loops), odd_(loops.size(), 0) {
    int deepest = 0;
    for (const PlaneLoop& loop : loops) {
      deepest = std::max(deepest, loop.depth);
      exclusive_or_ = exclusive_or_ || loop.exclusive_or;
    }
    open_.assign(static_cast<size_t>(deepest) + 1, 0);
  }
  void Clear() {
    std::fill(odd_.begin(), odd_.end(), 0);
    std::fill(open_.begin(), open_.end(), 0);
    total_ = 0;
  }
  // Crosses an edge of `loop`; returns whether the walk is now inside.
  bool Cross(int loop) {
    const auto l = static_cast<size_t>(loop);
    odd_[l] ^= 1;
    const int change = odd_[l] != 0 ? 1 : -1;
    open_[static_cast<size_t>(loops_[l].depth)] += change;
    total_ += change;
    if (exclusive_or_) return (total_ & 1) != 0;
    // A deeper loop overrules: odd depths take away, even depths add. A hole without its outer loop is nothing.
    for (size_t depth = open_.size(); depth-- > 0;) {
      if (open_[depth] > 0) return depth % 2 == 0;
    }
    return false;
  }

 private:
  std::span<const PlaneLoop> loops_;
  std::vector<char> odd_;
  std::vector<int> open_;  // loops of each depth that the walk is inside of
  int total_ = 0;
  bool exclusive_or_ = false;
};

}  // namespace

std::vector<Edge> ResolveOverlaps(std::span<const PlaneLoop> loops) {
  std::vector<Side> sides;
  std::vector<double> cuts;
  for (size_t l = 0; l < loops.size(); ++l) {
    const auto points = loops[l].points;
    if (points.size() < 3) continue;
    Point2 p = points.back();
    for (const Point2& q : points) {
      if (p.v < q.v) sides.push_back({p.v, q.v, p.u, q.u, static_cast<int>(l)});
      if (p.v > q.v) sides.push_back({q.v, p.v, q.u, p.u, static_cast<int>(l)});
      cuts.push_back(q.v);
      p = q;
    }
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::stable_sort(sides.begin(), sides.end(), [](const Side& a, const Side& b) { return a.v0 < b.v0; });

  std::vector<Edge> edges;
  Rule rule(loops);
  std::vector<const Side*> active;
  std::vector<double> inner;
  struct Placed {
    double middle;
    const Side* side;
  };
  std::vector<Placed> placed;
  size_t next = 0;
  for (size_t c = 0; c + 1 < cuts.size(); ++c) {
    const double low = cuts[c], high = cuts[c + 1];
    std::erase_if(active, [&](const Side* side) { return side->v1 <= low; });
    for (; next < sides.size() && sides[next].v0 <= low; ++next) {
      if (sides[next].v1 > low) active.push_back(&sides[next]);
    }
    inner = {low, high};
    for (size_t a = 0; a < active.size(); ++a) {
      const double a0 = active[a]->At(low), a1 = active[a]->At(high);
      for (size_t b = a + 1; b < active.size(); ++b) {
        const double d0 = active[b]->At(low) - a0, d1 = active[b]->At(high) - a1;
        if ((d0 < 0 && d1 > 0) || (d0 > 0 && d1 < 0)) inner.push_back(low + (high - low) * (d0 / (d0 - d1)));
      }
    }
    std::sort(inner.begin(), inner.end());
    for (size_t s = 0; s + 1 < inner.size(); ++s) {
      const double v0 = inner[s], v1 = inner[s + 1];
      if (!(v1 > v0)) continue;
      placed.clear();
      for (const Side* side : active) placed.push_back({side->At((v0 + v1) / 2), side});
      std::stable_sort(placed.begin(), placed.end(),
                       [](const Placed& a, const Placed& b) { return a.middle < b.middle; });
      rule.Clear();
      bool inside = false;
      for (const auto& [middle, side] : placed) {
        const bool now = rule.Cross(side->loop);
        if (now != inside) {
          const Point2 bottom{side->At(v0), v0}, top{side->At(v1), v1};
          edges.push_back(now ? Edge{top, bottom} : Edge{bottom, top});
        }
        inside = now;
      }
    }
  }
  return edges;
}

}  // namespace isovox
