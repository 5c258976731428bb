// Lines of equal value on a picture, by marching squares; ambiguous squares are decided by their mean.
// W. E. Lorensen, H. E. Cline, Computer Graphics 21 (1987) 163, in two dimensions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace isovox {

// u, v alternating. A closed line ends with its first point.
using Polylines = std::vector<std::vector<double>>;

// `values` u fastest. Squares with a value that is not finite are left out, so lines end at the edge of what is known.
Polylines Isolines(std::span<const float> values, int64_t width, int64_t height, double level, double u0, double v0,
                   double pixel);

}  // namespace isovox
