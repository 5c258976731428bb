#include "radiomics/turned.h"

namespace isovox::radiomics {

Region Turned(const Region& region, const AxisOrder& order) {
  Region out = region;
  if (order == kAsGiven) return out;
  out.size = Turned(region.size, order);
  out.spacing = Turned(region.spacing, order);
  out.image_size = Turned(region.image_size, order);
  out.image_offset = Turned(region.image_offset, order);
  out.lattice_begin = Turned(region.lattice_begin, order);
  TurnBox(region.morphology.data(), region.size, order, out.morphology.data());
  TurnBox(region.intensity.data(), region.size, order, out.intensity.data());
  TurnBox(region.image.data(), region.image_size, order, out.image.data());
  return out;
}

}  // namespace isovox::radiomics
