#include "imaging/slabs.h"

#include <algorithm>

namespace isovox {

std::vector<Slab> CutSlabs(const Solid& solid, std::span<const double> edges) {
  std::vector<Slab> slabs;
  for (size_t e = 0; e + 1 < edges.size(); ++e) {
    const double from = edges[e], to = edges[e + 1];
    Slab slab{(from + to) / 2, to - from, to - from};
    if (const auto sum = solid.PlainIntegral(from, to)) {
      if (!(sum->volume > 0)) continue;
      const double w = std::clamp(sum->first_moment / sum->volume, from, to), area = solid.AreaAt(w);
      if (area > 0) slab = {w, sum->volume / area, to - from};
    }
    slabs.push_back(slab);
  }
  return slabs;
}

}  // namespace isovox
