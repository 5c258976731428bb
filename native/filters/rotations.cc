#include "filters/rotations.h"

#include <algorithm>
#include <array>

namespace isovox::filters {
namespace {

// A signed permutation: axis a of the turned filter is axis `from[a]` of the filter, from its other end where `flip`.
struct Turn {
  std::array<size_t, 3> from;
  std::array<bool, 3> flip;
};

std::vector<Turn> Turns(bool solid) {
  std::vector<Turn> turns;
  std::array<size_t, 3> from{0, 1, 2};
  do {
    if (!solid && from[2] != 2) continue;
    const bool odd = ((from[0] > from[1]) + (from[0] > from[2]) + (from[1] > from[2])) % 2 != 0;
    for (unsigned flips = 0; flips < (solid ? 8U : 4U); ++flips) {
      const std::array<bool, 3> flip{(flips & 1U) != 0, (flips & 2U) != 0, (flips & 4U) != 0};
      const bool mirrored = (flip[0] + flip[1] + flip[2]) % 2 != 0;
      if (mirrored == odd) turns.push_back({from, flip});  // determinant +1
    }
  } while (std::next_permutation(from.begin(), from.end()));
  return turns;
}

Kernels Apply(const Turn& turn, const Kernels& kernels) {
  Kernels out;
  for (size_t a = 0; a < 3; ++a) {
    const Kernel& kernel = kernels[turn.from[a]];
    out[a] = turn.flip[a] ? kernel.Flipped() : kernel;
  }
  return out;
}

}  // namespace

std::vector<Turned> Rotations(const Turned& filter, bool solid) {
  std::vector<Turned> out;
  for (const Turn& turn : Turns(solid)) {
    Turned turned{Apply(turn, filter.kernels), Apply(turn, filter.pre_filter)};
    const bool known = std::any_of(out.begin(), out.end(), [&](const Turned& other) {
      return other.kernels == turned.kernels && other.pre_filter == turned.pre_filter;
    });
    if (!known) out.push_back(std::move(turned));
  }
  return out;
}

}  // namespace isovox::filters
