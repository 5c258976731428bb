// Sets of voxels: union, intersection, difference, exclusive or, and margins.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "exec/exec.h"
#include "imaging/distance.h"
#include "volume/mask.h"

namespace isovox {

enum class MaskOperation { kUnion, kIntersection, kSubtract, kXor };

std::optional<MaskOperation> MaskOperationFromName(std::string_view name);  // union, intersection, subtract, xor

// Voxels covered by at least half count as in. Subtract takes every further mask from the first.
// Throws ERR_GEOMETRY when the masks do not lie on one grid. The result's coverage is 0 or 1.
CoverageMask CombineMasks(const Exec& exec, MaskOperation operation,
                          const std::vector<std::shared_ptr<CoverageMask>>& masks);

// Millimetres to each side of the patient (LPS); positive grows, negative shrinks.
struct PatientMargins {
  double left = 0, right = 0, anterior = 0, posterior = 0, superior = 0, inferior = 0;
};

// Grows by the margins that are positive, then shrinks by those that are negative: what shrinks is what would be reached
// by growing the outside, and beyond the image is outside. Margins are taken along the grid's axes that are nearest to
// the patient's. The result is cut at the grid; its coverage is 0 or 1.
CoverageMask AddMargins(const Exec& exec, const CoverageMask& mask, const PatientMargins& margins);

}  // namespace isovox
