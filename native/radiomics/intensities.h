// The intensities inside the intensity mask, in raster order.
#pragma once

#include <span>
#include <vector>

#include "exec/exec.h"
#include "radiomics/region.h"

namespace isovox::radiomics {

// A value and how often it occurs.
struct Counted {
  double value, times;
};

struct Intensities {
  std::vector<double> values;
  std::vector<Counted> distinct;  // ascending, when all are whole numbers of a small range; else empty
};

std::vector<double> IntensitiesOf(const Exec& exec, const Region& region);

// The distinct values, ascending, when all are whole numbers of a range below 65536; empty otherwise.
std::vector<Counted> CountsOf(std::span<const double> values);

}  // namespace isovox::radiomics
