// The gamma index of two doses.
//
// D. A. Low, W. B. Harms, S. Mutic, J. A. Purdy, "A technique for the quantitative evaluation of dose distributions",
// Med. Phys. 25 (1998) 656: for every point of the reference, the least of
//   sqrt(|x - p|^2 / distance^2 + (D_evaluated(x) - D_reference(p))^2 / dose^2)
// over all x. Here x runs through the whole of every cell of the evaluated grid, in which the dose is trilinear, not
// through a finite set of points: cells are taken by growing distance, those that cannot hold less than the best so far
// by their distance and their range of doses are left out, and in the others the least value is found by Gauss-Newton
// steps, each solved exactly within the cell's sides. A trilinear dose may have several valleys in one cell: the cell is
// halved until bounds tell that no other is lower by more than 2 % of the index and 0.001; whether a point passes is
// known to 0.001.
#pragma once

#include <cstdint>

#include "exec/exec.h"
#include "imaging/finding.h"
#include "volume/dose_grid.h"
#include "volume/volume.h"

namespace isovox {

struct GammaOptions {
  double dose_percent = 3;
  double distance_mm = 3;
  bool local = false;          // percent of the reference's dose at the point, instead of its maximum
  double cutoff_percent = 10;  // points of the reference below this part of its maximum are left out
  double max_gamma = 2;        // not looked for beyond
};

struct GammaMap {
  Volume gamma;  // float32 on the reference's grid, NaN where left out
  int64_t points = 0;
  double pass_rate = 0;  // part of the points with at most 1
  double mean = 0, max = 0;
  Findings findings;     // gamma.empty, gamma.uneven_planes
};

// Outside its outermost nodes the evaluated dose has no values. Grids may be turned against each other and have uneven
// planes. Throws ERR_GEOMETRY when the evaluated grid's axes are not at right angles.
GammaMap ComputeGamma(const DoseGrid& reference, const DoseGrid& evaluated, const GammaOptions& options,
                      const Exec& exec);

}  // namespace isovox
