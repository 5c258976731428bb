#include "imaging/slabs.h"

#include <algorithm>

namespace isovox {

std::optional<Slab> CutSlab(const Solid& solid, double from, double to) {
  const Slab middle{(from + to) / 2, to - from, to - from};
  const auto sum = solid.PlainIntegral(from, to);
  if (!sum) return middle;
  if (!(sum->volume > 0)) return std::nullopt;
  const double w = std::clamp(sum->first_moment / sum->volume, from, to), area = solid.AreaAt(w);
  return area > 0 ? Slab{w, sum->volume / area, to - from} : middle;
}

}  // namespace isovox
