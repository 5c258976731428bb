// From planes in any order to a grid: sorting, duplicates, gaps, tilt.
#pragma once

#include <vector>

#include "dicom/finding.h"
#include "dicom/slice.h"

namespace isovox::dicom {

struct Stack {
  Grid grid;
  int64_t times = 1;          // planes at each position, for 4-D data
  std::vector<Plane> planes;  // times x positions: all positions of the first time, then of the second, ...
  std::vector<double> positions_mm;  // of each position along the normal, the first 0
};

// `headers` are of one series; planes that do not fit are left out with a finding. REQUIRES headers not empty.
Stack StackPlanes(const std::vector<ImageHeader>& headers, bool strict, Findings& findings);

}  // namespace isovox::dicom
