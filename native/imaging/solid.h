// The solid between the drawn contours of a structure.
//
// Loops of neighbouring planes that belong together form a chain. Along a chain the loop's centroid and its second
// moments are interpolated by polynomials through the neighbouring planes, and the nearest drawn loop is moved and
// stretched (an affine map) to have them. Second moments of the sections of spheres, ellipsoids, cones and lying
// cylinders are quadratic in the position, so these solids come out exact between planes.
//
// Beyond the end of a chain: where the extrapolated section shrinks to nothing within one spacing, the solid tapers to
// that point; otherwise it ends flat, half a spacing beyond the last contour. Two contours show no curvature: where the
// ball through both would end within a spacing to either side, so that no other plane could have met it, the solid is
// that ball (or the ellipsoid that is as long as its sections are wide), and flat otherwise. Planes more than 1.5 spacings apart are
// reported (roi.gap); up to 2.5 spacings (one plane left out) matching loops are still joined, beyond that both sides
// end as at the end of a chain, with the structure's usual spacing.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "imaging/contour_planes.h"
#include "imaging/coverage.h"

namespace isovox {

enum class PlaneInterpolation { kShape, kSlab };
enum class EndCaps { kShape, kHalf, kNone };

struct SolidOptions {
  PlaneInterpolation interpolation = PlaneInterpolation::kShape;
  EndCaps end_caps = EndCaps::kShape;
  double slice_thickness_mm = 0;  // of a structure on one plane; 0: 1 mm
};

// The solid cut by the plane w: loops that may overlap after they were moved.
struct Section {
  struct Piece {
    size_t first, count;  // in points
    int depth;
    double sign;  // +1 when drawn in the sense its depth asks for, -1 otherwise
    bool exclusive_or;
  };
  std::vector<Point2> points;
  std::vector<Piece> pieces;

  std::span<const Point2> PointsOf(const Piece& piece) const {
    return std::span(points).subspan(piece.first, piece.count);
  }
};

class Solid {
 public:
  Solid(PlaneStack stack, const SolidOptions& options);
  Solid(const Solid&) = delete;
  Solid& operator=(const Solid&) = delete;

  const PlaneFrame& frame() const { return stack_.frame; }
  const PlaneStack& stack() const { return stack_; }
  bool empty() const { return nodes_.empty(); }
  const Findings& findings() const { return findings_; }
  // Positions along the normal, ascending, between which the section changes smoothly; the first and last are the
  // solid's ends.
  const std::vector<double>& breaks() const { return breaks_; }
  // Loops in the plane; a little more than the drawn loops' own bounds where they grow between planes.
  const Box2& bounds() const { return bounds_; }
  // A first guess of the volume, by the planes' areas.
  double rough_volume_mm3() const { return rough_volume_; }

  void SectionAt(double w, Section& section) const;
  // What the section at w covers when none of its loops cross, in mm^2; without making its points.
  double AreaAt(double w) const;
  // The integrals of AreaAt (mm^3) and of w times it over a stretch; nullopt when a loop is to be joined by exclusive or.
  struct Integral {
    double volume = 0, first_moment = 0;
  };
  std::optional<Integral> PlainIntegral(double from, double to) const;
  // Positions, ascending, where some part of the solid begins or ends.
  const std::vector<double>& ends() const { return ends_; }
  // Calls visit(loop, w) with every loop of the outline: of all planes, and of the ends; tips included.
  template <typename Visit>
  void VisitOutline(Visit&& visit) const;

 private:
  // One loop on its plane, with the stretch [low, high) of the solid that it describes.
  struct Node {
    const Loop* loop;
    double w;
    int plane;
    int below = -1, above = -1;  // the chain, in nodes_
    double low = 0, high = 0;
    bool tapers_low = false, tapers_high = false;
    bool as_drawn_low = false, as_drawn_high = false;
    bool round = false;  // of a chain of two that is taken for a ball
  };

  // Calls visit(node) for the nodes whose stretch holds w.
  template <typename Visit>
  void VisitNodesAt(double w, Visit&& visit) const;
  // The affine map that moves and stretches a loop.
  struct Move {
    Point2 from, to;               // the centroid
    std::array<double, 4> matrix;  // row-major
    Point2 Apply(Point2 p) const {
      const double u = p.u - from.u, v = p.v - from.v;
      return {to.u + matrix[0] * u + matrix[1] * v, to.v + matrix[2] * u + matrix[3] * v};
    }
    double Growth() const { return matrix[0] * matrix[3] - matrix[1] * matrix[2]; }
  };
  // What is done to the node's loop to have the chain's moments at w; nothing where it stays as drawn.
  std::optional<Move> MoveOf(size_t node, double w) const;
  // Whether the moved loop keeps to where it or its neighbour in that direction was drawn.
  bool StaysNear(size_t node, int direction) const;
  void FindUnlike();
  void Join();
  // Whether the next plane in that direction holds no loop about the node's.
  bool LastOfItsKind(size_t node, int direction) const;
  void SetEnds(double thickness);
  double TaperEnd(int node, int direction, double reach, bool round) const;
  // Whether the node is one of a chain of two, and the moments at w if that chain were as round along the normal as
  // across: M'' = -M / (2 sqrt(det M)), which is the sphere's.
  bool OfTwo(int node) const;
  Moments RoundMoments(int node, double w) const;
  // Moments of the chain through `node` at w, and whether they can be used.
  bool ChainMoments(int node, double w, Moments& out) const;
  bool Extrapolate(int node, int direction, double w, bool quadratic, Moments& out) const;

  PlaneStack stack_;
  SolidOptions options_;
  std::vector<Node> nodes_;
  std::vector<size_t> plane_first_;  // nodes of plane p: [plane_first_[p], plane_first_[p + 1])
  std::vector<double> breaks_, ends_;
  bool plain_ = true;
  Box2 bounds_;
  double rough_volume_ = 0;
  Findings findings_;
};

// The section's runs on a lattice; loops that cross are resolved. Returns false when they had to be.
bool RasteriseSection(const Section& section, const PlaneLattice& lattice, const LatticeWindow& window,
                      CoverageRaster& raster);

template <typename Visit>
void Solid::VisitOutline(Visit&& visit) const {
  Section section;
  const auto at = [&](double w, double sampled) {
    SectionAt(sampled, section);
    for (const Section::Piece& piece : section.pieces) visit(section.PointsOf(piece), w);
  };
  for (const Node& node : nodes_) {
    visit(std::span<const Point2>(node.loop->points), node.w);
  }
  if (breaks_.size() < 2) return;
  const double inside = 1e-6 * (breaks_.back() - breaks_.front());
  for (const double w : ends_) {
    at(w, w + inside);
    at(w, w - inside);
  }
}

}  // namespace isovox
