// A structure as drawn: contours in patient millimetres (RTSTRUCT, PS3.3 C.8.8.6).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "volume/grid.h"

namespace isovox {

enum class ContourKind { kClosedPlanar, kOpenPlanar, kOpenNonplanar, kPoint, kClosedPlanarXor };

// One loop: points[first, first + count) of its Roi. The last point joins the first; it is not repeated.
struct Contour {
  ContourKind kind = ContourKind::kClosedPlanar;
  size_t first = 0;
  size_t count = 0;
};

struct Roi {
  int number = 0;            // ROINumber
  std::string name;          // ROIName, UTF-8
  std::string type;          // RTROIInterpretedType, "" when absent
  std::string generation_algorithm;  // ROIGenerationAlgorithm
  std::optional<std::array<int, 3>> color;  // ROIDisplayColor
  std::vector<Vec3> points;  // LPS millimetres, all contours one after another
  std::vector<Contour> contours;

  std::span<const Vec3> PointsOf(const Contour& contour) const {
    return std::span(points).subspan(contour.first, contour.count);
  }
};

}  // namespace isovox
