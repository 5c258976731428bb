// What becomes of the parts of a structure that lie outside the dose grid.
#pragma once

namespace isovox {

// Left out of the curve, counted as 0 Gy, or given the dose of the nearest point of the grid.
enum class OutsideGrid { kExclude, kZero, kClamp };

}  // namespace isovox
