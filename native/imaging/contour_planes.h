// The closed contours of a structure (RTSTRUCT CLOSED_PLANAR, PS3.3 C.8.8.6.1), sorted into parallel planes.
#pragma once

#include <optional>
#include <vector>

#include "imaging/finding.h"
#include "imaging/polygon.h"
#include "volume/roi.h"

namespace isovox {

// Patient position = u * axis_u + v * axis_v + w * normal; the three are orthonormal.
struct PlaneFrame {
  Vec3 axis_u{1, 0, 0}, axis_v{0, 1, 0}, normal{0, 0, 1};
  Vec3 ToPatient(double u, double v, double w) const { return u * axis_u + v * axis_v + w * normal; }
};

struct Loop {
  std::vector<Point2> points;  // no two neighbours equal, the last is not the first
  Moments moments;
  Box2 bounds;
  int depth = 0;               // how many loops of the plane hold this one: odd is a hole
  bool exclusive_or = false;   // CLOSEDPLANAR_XOR
};

struct ContourPlane {
  double w = 0;  // millimetres along the normal
  std::vector<Loop> loops;
};

struct PlaneStack {
  PlaneFrame frame;
  std::vector<ContourPlane> planes;  // by ascending w
  double spacing = 0;                // median distance of neighbours; 0 with fewer than two planes
  Findings findings;                 // roi.empty, roi.degenerate
};

// The normal is that of the largest contour; contours that are not parallel to it are left out, with a finding. When
// the normal is that of an axis of `prefer` (orthonormal), the other two axes become axis_u and axis_v; otherwise, the
// patient's axes are tried.
PlaneStack StackPlanes(const Roi& roi, const std::optional<Axes>& prefer = std::nullopt);

}  // namespace isovox
