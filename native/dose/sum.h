// The sum of dose grids on the finest of them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "exec/exec.h"
#include "imaging/finding.h"
#include "volume/dose_grid.h"

namespace isovox {

struct DoseSum {
  std::shared_ptr<DoseGrid> dose;
  size_t reference = 0;         // which grid gave the lattice: the smallest voxels; the first of equals
  std::vector<double> overlap;  // part of each grid's nodes inside the reference
  Findings findings;            // dose.cut: some of a grid lies outside the reference; dose.disjoint: all of it
};

// Trilinear; a grid counts as 0 outside its outermost nodes. Grids may be turned against each other and have uneven
// planes. REQUIRES: at least one dose, as many weights. Throws ERR_RESOURCE, ERR_GEOMETRY.
DoseSum SumDoses(std::span<const std::shared_ptr<const DoseGrid>> doses, std::span<const double> weights,
                 const Exec& exec);

}  // namespace isovox
