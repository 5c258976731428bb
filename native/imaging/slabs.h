// A solid cut across its planes into slabs, each standing for the stretch it was cut from by one section.
#pragma once

#include <optional>

#include "imaging/solid.h"

namespace isovox {

// The section at `w` times `thickness` is the slab's volume, and `w` the slab's centre of mass along the normal, by the
// integral of the sections' areas: a slab of any thickness keeps both exactly while no loops cross.
struct Slab {
  double w = 0, thickness = 0;
  double length = 0;  // along the normal
};

// The slab of a stretch along the normal; nothing where it holds nothing.
std::optional<Slab> CutSlab(const Solid& solid, double from, double to);

}  // namespace isovox
