// The intensities inside the intensity mask, in raster order.
#pragma once

#include <vector>

#include "radiomics/region.h"

namespace isovox::radiomics {

std::vector<double> IntensitiesOf(const Region& region);

}  // namespace isovox::radiomics
