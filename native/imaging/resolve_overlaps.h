// The outline of loops that cross themselves or each other, as edges that do not cross.
#pragma once

#include <span>
#include <vector>

#include "imaging/coverage.h"

namespace isovox {

struct PlaneLoop {
  std::span<const Point2> points;
  int depth = 0;
  bool exclusive_or = false;
};

// What is inside, when loops overlap:
// - one loop by itself: the even-odd rule, so a figure eight has two lobes and a key-hole its hole;
// - CLOSEDPLANAR_XOR (PS3.3 C.8.8.6.1): even-odd over all loops of the plane;
// - CLOSED_PLANAR: loops beside each other are united, as separately drawn pieces of one structure; a loop wholly
//   within another takes away from it (the field's way to draw holes), and one within that adds again.
std::vector<Edge> ResolveOverlaps(std::span<const PlaneLoop> loops);

}  // namespace isovox
