// From planes in any order to a grid: sorting, duplicates, gaps, tilt.
#pragma once

#include <vector>

#include "dicom/finding.h"
#include "dicom/slice.h"

namespace isovox::dicom {

// What becomes of places where the spacing says that slices are missing.
enum class Gaps {
  kName,    // the volume is shorter, a finding says where
  kRefuse,  // ERR_GEOMETRY
  kFill,    // slices between their neighbours by linear interpolation, a finding says which
};

// A slice that no file holds, between two that files do.
struct FilledPlane {
  size_t index, before, after;  // in Stack::planes
  double weight;                // of the one after
};

struct Stack {
  Grid grid;
  int64_t times = 1;          // planes at each position, for 4-D data
  std::vector<Plane> planes;  // times x positions: all positions of the first time, then of the second, ...
  std::vector<FilledPlane> filled;   // their planes have the file kNoFile
  std::vector<double> positions_mm;  // of each position along the normal, the first 0
};

inline constexpr size_t kNoFile = ~size_t{0};

// `headers` are of one series; planes that do not fit are left out with a finding. Whoever is strict refuses gaps too.
// REQUIRES headers not empty.
Stack StackPlanes(const std::vector<ImageHeader>& headers, bool strict, Gaps gaps, Findings& findings);

}  // namespace isovox::dicom
