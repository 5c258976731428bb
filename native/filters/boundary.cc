#include "filters/boundary.h"

namespace isovox::filters {

std::optional<Boundary> BoundaryFromName(std::string_view name) {
  if (name == "zero") return Boundary::kZero;
  if (name == "nearest") return Boundary::kNearest;
  if (name == "periodic") return Boundary::kPeriodic;
  if (name == "mirror") return Boundary::kMirror;
  return std::nullopt;
}

}  // namespace isovox::filters
