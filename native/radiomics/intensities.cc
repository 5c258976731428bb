#include "radiomics/intensities.h"

namespace isovox::radiomics {

std::vector<double> IntensitiesOf(const Region& region) {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(region.intensity_voxels));
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const double* row = region.Row(j, k);
      const uint8_t* in = region.intensity.data() + (k * region.size[1] + j) * region.size[0];
      for (int64_t i = 0; i < region.size[0]; ++i) {
        if (in[i] != 0) values.push_back(row[i]);
      }
    }
  }
  return values;
}

}  // namespace isovox::radiomics
