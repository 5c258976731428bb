#include "imaging/solid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "imaging/resolve_overlaps.h"

namespace isovox {
namespace {

constexpr double kGap = 1.5;          // spacings between planes that are reported
constexpr double kBridgedGap = 2.5;   // spacings over which loops are still joined
constexpr double kDefaultThicknessMm = 1;
constexpr double kMostAreaRatio = 16;
// Relative to the last section: where the extrapolated trace is below this at its lowest, the solid has its tip there.
constexpr double kTip = 0.02;
// How far, as part of its size, a moved loop's box may reach beyond those of the loops drawn to either side.
constexpr double kMostGrowth = 0.1;

double Trace(const Moments& m) { return m.uu + m.vv; }
double Determinant(const Moments& m) { return m.uu * m.vv - m.uv * m.uv; }
bool Positive(const Moments& m) { return m.uu > 0 && m.vv > 0 && Determinant(m) > 0; }

struct Matrix2 {
  double a, b, c, d;  // row-major
};

// Of a positive definite symmetric matrix (Cayley-Hamilton).
Matrix2 SquareRoot(double uu, double uv, double vv) {
  const double s = std::sqrt(uu * vv - uv * uv), t = std::sqrt(uu + vv + 2 * s);
  return {(uu + s) / t, uv / t, uv / t, (vv + s) / t};
}

Matrix2 Inverse(const Matrix2& m) {
  const double det = m.a * m.d - m.b * m.c;
  return {m.d / det, -m.b / det, -m.c / det, m.a / det};
}

Matrix2 Product(const Matrix2& x, const Matrix2& y) {
  return {x.a * y.a + x.b * y.c, x.a * y.b + x.b * y.d, x.c * y.a + x.d * y.c, x.c * y.b + x.d * y.d};
}

struct Sample {
  double w;
  const Moments* moments;
};

// The polynomial through all samples (Lagrange).
Moments Interpolate(std::span<const Sample> samples, double w) {
  Moments m;
  for (const Sample& s : samples) {
    double weight = 1;
    for (const Sample& other : samples) {
      if (other.w != s.w) weight *= (w - other.w) / (s.w - other.w);
    }
    m.u += weight * s.moments->u;
    m.v += weight * s.moments->v;
    m.uu += weight * s.moments->uu;
    m.uv += weight * s.moments->uv;
    m.vv += weight * s.moments->vv;
  }
  return m;
}

double Overlap(const Box2& a, const Box2& b) {
  const double u = std::min(a.u1, b.u1) - std::max(a.u0, b.u0), v = std::min(a.v1, b.v1) - std::max(a.v0, b.v0);
  return u > 0 && v > 0 ? u * v : 0;
}

struct Likeness {
  double shared = 0;  // of the smaller box
  double united = 0;  // intersection over union
};

Likeness Compare(const Loop& a, const Loop& b) {
  if (a.depth % 2 != b.depth % 2) return {};
  const double both = Overlap(a.bounds, b.bounds), x = a.bounds.area(), y = b.bounds.area();
  return {both / std::min(x, y), both / (x + y - both)};
}

// What is made of a structure grows with its extent: one that no patient has is not worth the machine's memory.
constexpr double kLongestMm = 5000;

double LongestOf(const PlaneStack& stack) {
  Box2 box;
  for (const ContourPlane& plane : stack.planes) {
    for (const Loop& loop : plane.loops) {
      box.Add({loop.bounds.u0, loop.bounds.v0});
      box.Add({loop.bounds.u1, loop.bounds.v1});
    }
  }
  return std::max({box.u1 - box.u0, box.v1 - box.v0, stack.planes.back().w - stack.planes.front().w});
}

}  // namespace

Solid::Solid(PlaneStack stack, const SolidOptions& options) : stack_(std::move(stack)), options_(options) {
  findings_ = stack_.findings;
  for (size_t p = 0; p < stack_.planes.size(); ++p) {
    plane_first_.push_back(nodes_.size());
    for (const Loop& loop : stack_.planes[p].loops) nodes_.push_back({&loop, stack_.planes[p].w, static_cast<int>(p)});
  }
  plane_first_.push_back(nodes_.size());
  if (nodes_.empty()) return;
  if (const double longest = LongestOf(stack_); longest > kLongestMm) {
    nodes_.clear();
    plane_first_.assign(plane_first_.size(), 0);
    char text[160];
    std::snprintf(text, sizeof text, "Its contours reach over %.3g mm, further than any patient; they are damaged, and nothing was measured", longest);
    findings_.push_back({"roi.too_large", Severity::kFail, text});
    return;
  }

  double thickness = stack_.spacing;
  if (stack_.planes.size() == 1) {
    thickness = options.slice_thickness_mm > 0 ? options.slice_thickness_mm : kDefaultThicknessMm;
    findings_.push_back({"roi.single_plane", Severity::kWarn,
                         "Drawn on one plane only; taken as " + std::to_string(thickness) + " mm thick"});
  }
  Join();
  SetEnds(thickness);
  FindUnlike();

  for (const Node& node : nodes_) {
    for (const double w : {node.w, node.low, node.high}) breaks_.push_back(w);
    if (node.below < 0) ends_.push_back(node.low);
    if (node.above < 0) ends_.push_back(node.high);
    plain_ = plain_ && !node.loop->exclusive_or;
    bounds_.Add({node.loop->bounds.u0, node.loop->bounds.v0});
    bounds_.Add({node.loop->bounds.u1, node.loop->bounds.v1});
    rough_volume_ += (node.loop->depth % 2 != 0 ? -1 : 1) * std::abs(node.loop->moments.area) * (node.high - node.low);
  }
  for (auto* positions : {&breaks_, &ends_}) {
    std::sort(positions->begin(), positions->end());
    const auto same = [](double a, double b) { return b - a < 1e-7; };
    positions->erase(std::unique(positions->begin(), positions->end(), same), positions->end());
  }
  const double grow_u = 0.02 * (bounds_.u1 - bounds_.u0), grow_v = 0.02 * (bounds_.v1 - bounds_.v0);
  bounds_ = {bounds_.u0 - grow_u, bounds_.u1 + grow_u, bounds_.v0 - grow_v, bounds_.v1 + grow_v};
}

// A loop is joined to the one loop of the next plane that it shares most of its box with, when that is mutual and
// plain: where a structure branches, or jumps in size, both sides end at the middle instead.
void Solid::Join() {
  int gaps = 0;
  double widest = 0;
  for (size_t p = 0; p + 1 < stack_.planes.size(); ++p) {
    const double distance = stack_.planes[p + 1].w - stack_.planes[p].w;
    if (distance > kGap * stack_.spacing) {
      ++gaps;
      widest = std::max(widest, distance);
    }
    if (distance > kBridgedGap * stack_.spacing) continue;
    const auto best = [&](size_t node, size_t begin, size_t end) {
      int found = -1, touching = 0;
      double score = 0;
      // An island within a hole lies within the outline's box as well, and is another's: of its own depth, if there is one.
      const int depth = nodes_[node].loop->depth;
      const bool own = std::any_of(nodes_.begin() + static_cast<std::ptrdiff_t>(begin),
                                   nodes_.begin() + static_cast<std::ptrdiff_t>(end), [&](const Node& other) {
                                     return other.loop->depth == depth && Compare(*nodes_[node].loop, *other.loop).shared > 0.1;
                                   });
      for (size_t other = begin; other < end; ++other) {
        if (own && nodes_[other].loop->depth != depth) continue;
        const Likeness like = Compare(*nodes_[node].loop, *nodes_[other].loop);
        touching += like.shared > 0.1;
        if (like.shared > 0.4 && like.united > score) {
          score = like.united;
          found = static_cast<int>(other);
        }
      }
      return touching <= 1 || score > 0.8 ? found : -1;
    };
    for (size_t a = plane_first_[p]; a < plane_first_[p + 1]; ++a) {
      const int b = best(a, plane_first_[p + 1], plane_first_[p + 2]);
      if (b < 0 || best(static_cast<size_t>(b), plane_first_[p], plane_first_[p + 1]) != static_cast<int>(a)) continue;
      const double ratio = std::abs(nodes_[a].loop->moments.area / nodes_[static_cast<size_t>(b)].loop->moments.area);
      // A jump in size, but for the last plane before a tip, which may show as little as there is.
      if (ratio > kMostAreaRatio && !LastOfItsKind(static_cast<size_t>(b), 1)) continue;
      if (ratio < 1 / kMostAreaRatio && !LastOfItsKind(a, -1)) continue;
      nodes_[a].above = b;
      nodes_[static_cast<size_t>(b)].below = static_cast<int>(a);
    }
  }
  if (gaps > 0) {
    findings_.push_back({"roi.gap", Severity::kWarn,
                         std::to_string(gaps) + " gaps between planes that are " + std::to_string(stack_.spacing) +
                             " mm apart elsewhere; the widest is " + std::to_string(widest) + " mm"});
  }
}

bool Solid::LastOfItsKind(size_t index, int direction) const {
  const int plane = nodes_[index].plane + direction;
  if (plane < 0 || plane >= static_cast<int>(stack_.planes.size())) return true;
  const auto p = static_cast<size_t>(plane);
  for (size_t other = plane_first_[p]; other < plane_first_[p + 1]; ++other) {
    if (Compare(*nodes_[index].loop, *nodes_[other].loop).shared > 0) return false;
  }
  return true;
}

bool Solid::OfTwo(int index) const {
  const Node& node = nodes_[static_cast<size_t>(index)];
  if ((node.below < 0) == (node.above < 0)) return false;
  const Node& other = nodes_[static_cast<size_t>(node.below < 0 ? node.above : node.below)];
  return (other.below < 0) != (other.above < 0);
}

Moments Solid::RoundMoments(int index, double w) const {
  const Node& node = nodes_[static_cast<size_t>(index)];
  const Node& other = nodes_[static_cast<size_t>(node.below < 0 ? node.above : node.below)];
  const Moments &a = node.loop->moments, &b = other.loop->moments;
  Moments m = Interpolate(std::array{Sample{node.w, &a}, Sample{other.w, &b}}, w);
  const Moments mean{0, 0, 0, (a.uu + b.uu) / 2, (a.uv + b.uv) / 2, (a.vv + b.vv) / 2};
  const double bulge = -(w - node.w) * (w - other.w) / (4 * std::sqrt(Determinant(mean)));
  m.uu += bulge * mean.uu;
  m.uv += bulge * mean.uv;
  m.vv += bulge * mean.vv;
  return m;
}

void Solid::SetEnds(double thickness) {
  for (size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = nodes_[n];
    if (node.above < 0 || !OfTwo(static_cast<int>(n)) || options_.end_caps != EndCaps::kShape ||
        options_.interpolation != PlaneInterpolation::kShape) {
      continue;
    }
    const double step = nodes_[static_cast<size_t>(node.above)].w - node.w;
    const bool ends = std::isfinite(TaperEnd(static_cast<int>(n), -1, step, true)) &&
                      std::isfinite(TaperEnd(node.above, 1, step, true));
    node.round = nodes_[static_cast<size_t>(node.above)].round = ends;
  }
  for (size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = nodes_[n];
    const auto distance = [&](int direction) {
      const int p = node.plane + direction;
      if (p < 0 || p >= static_cast<int>(stack_.planes.size())) return std::numeric_limits<double>::infinity();
      return std::abs(stack_.planes[static_cast<size_t>(p)].w - node.w);
    };
    const auto meets_a_loop = [&](int direction) {
      const int p = node.plane + direction;
      if (distance(direction) > kBridgedGap * stack_.spacing) return false;
      for (size_t o = plane_first_[static_cast<size_t>(p)]; o < plane_first_[static_cast<size_t>(p) + 1]; ++o) {
        if (Compare(*node.loop, *nodes_[o].loop).shared > 0.1) return true;
      }
      return false;
    };
    for (const int direction : {-1, 1}) {
      double& end = direction < 0 ? node.low : node.high;
      const int joined = direction < 0 ? node.below : node.above;
      const double there = distance(direction), behind = distance(-direction);
      if (joined >= 0) {
        end = (node.w + nodes_[static_cast<size_t>(joined)].w) / 2;
        continue;
      }
      if (meets_a_loop(direction)) {
        end = node.w + direction * there / 2;
        continue;
      }
      const double step = behind <= kGap * thickness ? behind : thickness;
      end = options_.end_caps == EndCaps::kNone && stack_.planes.size() > 1
                ? node.w
                : node.w + direction * std::min(step, there) / 2;
      if (options_.end_caps != EndCaps::kShape || options_.interpolation != PlaneInterpolation::kShape) continue;
      const double tip = TaperEnd(static_cast<int>(n), direction, std::min(step, there), node.round);
      if (!std::isfinite(tip)) continue;
      end = tip;
      (direction < 0 ? node.tapers_low : node.tapers_high) = true;
    }
  }
}

bool Solid::Extrapolate(int node, int direction, double w, bool quadratic, Moments& out) const {
  std::array<Sample, 3> samples;
  size_t count = 0;
  for (int n = node; n >= 0 && count < (quadratic ? 3U : 2U);
       n = direction > 0 ? nodes_[static_cast<size_t>(n)].below : nodes_[static_cast<size_t>(n)].above) {
    samples[count++] = {nodes_[static_cast<size_t>(n)].w, &nodes_[static_cast<size_t>(n)].loop->moments};
  }
  if (count < 2) return false;
  out = Interpolate(std::span(samples).first(count), w);
  return true;
}

// Where the section, extrapolated beyond the chain's end, is nothing; NaN when that is further than `reach`.
double Solid::TaperEnd(int node, int direction, double reach, bool round) const {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const Node& last = nodes_[static_cast<size_t>(node)];
  const double full = Trace(last.loop->moments);
  const auto at = [&](double x, Moments& m) {
    const double w = last.w + direction * x;
    if (!round) return Extrapolate(node, direction, w, true, m);
    m = RoundMoments(node, w);
    return true;
  };
  Moments a, b, c;
  if (!at(0, a) || !at(reach / 2, b) || !at(reach, c)) return none;
  if (Trace(b) > full) return none;  // growing
  constexpr int kSteps = 128;
  const double furthest = 1.02 * reach;
  double good = 0;
  for (int i = 1; i <= kSteps; ++i) {
    const double x = furthest * i / kSteps;
    Moments m;
    at(x, m);
    if (Positive(m)) {
      good = x;
      continue;
    }
    double bad = x;
    for (int halving = 0; halving < 40; ++halving) {
      const double middle = (good + bad) / 2;
      at(middle, m);
      (Positive(m) ? good : bad) = middle;
    }
    return last.w + direction * std::min(good, reach);
  }
  // A cone's sections touch nothing without going below: the lowest point of the parabola through the traces.
  const double curvature = Trace(c) - 2 * Trace(b) + Trace(a);
  if (curvature <= 0) return none;
  const double lowest = reach / 2 * (0.5 - (Trace(b) - Trace(a)) / curvature);
  if (!(lowest > 0 && lowest <= furthest)) return none;
  Moments m;
  at(lowest, m);
  return Trace(m) <= kTip * full ? last.w + direction * std::min(lowest, reach) : none;
}

bool Solid::ChainMoments(int index, double w, Moments& out) const {
  const Node& node = nodes_[static_cast<size_t>(index)];
  const int direction = w >= node.w ? 1 : -1;
  const int next = direction > 0 ? node.above : node.below;
  if (node.round) {
    out = RoundMoments(index, w);
    return Positive(out);
  }
  if (next < 0) {
    const bool tapers = direction > 0 ? node.tapers_high : node.tapers_low;
    if (!Extrapolate(index, direction, w, tapers, out) || !Positive(out)) return false;
    if (tapers) return true;
    // A flat end goes on as the last two planes do, but not wildly.
    const double change = Determinant(out) / Determinant(node.loop->moments);
    return change > 1.0 / 4 && change < 4;
  }
  const auto at = [&](int n) {
    return Sample{nodes_[static_cast<size_t>(n)].w, &nodes_[static_cast<size_t>(n)].loop->moments};
  };
  std::array<Sample, 4> samples{at(index), at(next)};
  size_t count = 2;
  const int before = direction > 0 ? node.below : node.above;
  const int after = direction > 0 ? nodes_[static_cast<size_t>(next)].above : nodes_[static_cast<size_t>(next)].below;
  if (before >= 0) samples[count++] = at(before);
  if (after >= 0) samples[count++] = at(after);
  out = Interpolate(std::span(samples).first(count), w);
  const double x = Determinant(*samples[0].moments), y = Determinant(*samples[1].moments), here = Determinant(out);
  // A polynomial that overshoots two planes of different kind: straight between them instead.
  if (!Positive(out) || here < std::min(x, y) / 2 || here > std::max(x, y) * 2) {
    out = Interpolate(std::span(samples).first(2), w);
  }
  return Positive(out);
}

template <typename Visit>
void Solid::VisitNodesAt(double w, Visit&& visit) const {
  // Nodes are ordered by plane, and a node reaches at most to the planes beside its own.
  const auto above = std::lower_bound(stack_.planes.begin(), stack_.planes.end(), w,
                                      [](const ContourPlane& plane, double value) { return plane.w < value; });
  const auto p = static_cast<size_t>(above - stack_.planes.begin());
  const size_t first = plane_first_[p >= 1 ? p - 1 : 0], last = plane_first_[std::min(p + 1, stack_.planes.size())];
  for (size_t n = first; n < last; ++n) {
    if (w >= nodes_[n].low && w < nodes_[n].high) visit(n);
  }
}

std::optional<Solid::Move> Solid::MoveOf(size_t index, double w) const {
  const Node& node = nodes_[index];
  Moments m;
  if (options_.interpolation == PlaneInterpolation::kSlab || w == node.w ||
      (w > node.w ? node.as_drawn_high : node.as_drawn_low) || !ChainMoments(static_cast<int>(index), w, m)) {
    return std::nullopt;
  }
  const Moments& own = node.loop->moments;
  const Matrix2 t = Product(SquareRoot(m.uu, m.uv, m.vv), Inverse(SquareRoot(own.uu, own.uv, own.vv)));
  return Move{{own.u, own.v}, {m.u, m.v}, {t.a, t.b, t.c, t.d}};
}

bool Solid::StaysNear(size_t index, int direction) const {
  const Node& node = nodes_[index];
  const int next = direction > 0 ? node.above : node.below;
  Box2 allowed = node.loop->bounds;
  if (next >= 0) {
    const Box2& other = nodes_[static_cast<size_t>(next)].loop->bounds;
    allowed.Add({other.u0, other.v0});
    allowed.Add({other.u1, other.v1});
  }
  const double more_u = kMostGrowth * (allowed.u1 - allowed.u0), more_v = kMostGrowth * (allowed.v1 - allowed.v0);
  allowed = {allowed.u0 - more_u, allowed.u1 + more_u, allowed.v0 - more_v, allowed.v1 + more_v};
  const double length = (direction > 0 ? node.high : node.low) - node.w;
  for (const double part : {0.5, 0.999}) {
    const auto move = MoveOf(index, node.w + part * length);
    if (!move) continue;
    const Box2& own = node.loop->bounds;
    for (const double u : {own.u0, own.u1}) {
      for (const double v : {own.v0, own.v1}) {
        const Point2 p = move->Apply({u, v});
        if (p.u < allowed.u0 || p.u > allowed.u1 || p.v < allowed.v0 || p.v > allowed.v1) return false;
      }
    }
  }
  return true;
}

// Two loops may have moments that are much alike and shapes that are not: a ring's arms, stretched, would reach where
// neither was drawn. Between such loops both stay as drawn; a solid of loops that only shrink would lose volume.
void Solid::FindUnlike() {
  for (size_t n = 0; n < nodes_.size(); ++n) {
    Node& node = nodes_[n];
    if (node.below < 0) node.as_drawn_low = !StaysNear(n, -1);
    if (node.above < 0) {
      node.as_drawn_high = !StaysNear(n, 1);
      continue;
    }
    const auto above = static_cast<size_t>(node.above);
    node.as_drawn_high = nodes_[above].as_drawn_low = !StaysNear(n, 1) || !StaysNear(above, -1);
  }
}

void Solid::SectionAt(double w, Section& section) const {
  section.points.clear();
  section.pieces.clear();
  VisitNodesAt(w, [&](size_t n) {
    const Loop& loop = *nodes_[n].loop;
    const size_t begin = section.points.size();
    const bool hole = loop.depth % 2 != 0;
    section.pieces.push_back(
        {begin, loop.points.size(), loop.depth, (loop.moments.area > 0) != hole ? 1.0 : -1.0, loop.exclusive_or});
    const auto move = MoveOf(n, w);
    if (!move) {
      section.points.insert(section.points.end(), loop.points.begin(), loop.points.end());
      return;
    }
    section.points.resize(begin + loop.points.size());
    Point2* out = section.points.data() + begin;
    for (const Point2& q : loop.points) *out++ = move->Apply(q);
  });
}

double Solid::AreaAt(double w) const {
  double area = 0;
  VisitNodesAt(w, [&](size_t n) {
    const Loop& loop = *nodes_[n].loop;
    const auto move = MoveOf(n, w);
    const double grown = move ? move->Growth() : 1;
    area += (loop.depth % 2 != 0 ? -grown : grown) * std::abs(loop.moments.area);
  });
  return area;
}

std::optional<Solid::Integral> Solid::PlainIntegral(double from, double to) const {
  if (!plain_) return std::nullopt;
  // Gauss-Legendre with three points on every stretch between breaks.
  constexpr double kAt = 0.7745966692414834, kOuter = 5.0 / 9, kMiddle = 8.0 / 9;
  Integral sum;
  auto next = std::upper_bound(breaks_.begin(), breaks_.end(), from);
  for (double low = from; low < to;) {
    const double high = next != breaks_.end() && *next < to ? *next++ : to;
    const double half = (high - low) / 2, middle = low + half;
    const auto add = [&](double w, double weight) {
      const double part = weight * half * AreaAt(w);
      sum.volume += part;
      sum.first_moment += part * w;
    };
    add(middle - kAt * half, kOuter);
    add(middle, kMiddle);
    add(middle + kAt * half, kOuter);
    low = high;
  }
  return sum;
}

bool RasteriseSection(const Section& section, const PlaneLattice& lattice, const LatticeWindow& window,
                      CoverageRaster& raster) {
  raster.Begin(lattice, window);
  bool plain = true;
  for (const Section::Piece& piece : section.pieces) plain = plain && !piece.exclusive_or;
  if (plain) {
    for (const Section::Piece& piece : section.pieces) raster.AddLoop(section.PointsOf(piece), piece.sign);
    if (raster.Finish()) return true;
  }
  std::vector<PlaneLoop> loops;
  for (const Section::Piece& piece : section.pieces) {
    loops.push_back({section.PointsOf(piece), piece.depth, piece.exclusive_or});
  }
  raster.Begin(lattice, window);
  for (const Edge& edge : ResolveOverlaps(loops)) raster.AddEdge(edge);
  raster.Finish();
  return !plain;
}

}  // namespace isovox
