// The right-angle rotations of a filter: 4 in a slice, 24 in a volume (IBSI 2 chapter 2.3).
#pragma once

#include <vector>

#include "filters/separable.h"

namespace isovox::filters {

// The triple of kernels under every rotation, those that are alike once. REQUIRES: kernels[2] has taps when `solid`.
// Pairs of triples (a kernel and its pre-filter) turn together.
struct Turned {
  Kernels kernels, pre_filter;
};
std::vector<Turned> Rotations(const Turned& filter, bool solid);

}  // namespace isovox::filters
