// The smallest box, at any angle, around a convex hull.
#pragma once

#include <array>

#include "radiomics/convex_hull.h"

namespace isovox::radiomics {

// Edge lengths in millimetres of the smallest box with one face on a face of the hull; `half_mm` is the length of one
// unit of the hull's coordinates along each axis.
std::array<double, 3> SmallestBox(const Hull& hull, const std::array<double, 3>& half_mm);

}  // namespace isovox::radiomics
