// Dose-volume histograms of contoured structures.
//
// The solid between the contours (imaging/solid.h) is cut into slabs at the drawn planes and the dose planes; every
// slab is cut into cells tied to the dose grid, with exact coverage at the outline; every cell spreads its volume over
// the doses that the trilinear dose takes inside it. The cells are halved until two steps agree.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dose/outside_grid.h"
#include "exec/exec.h"
#include "imaging/solid.h"
#include "volume/dose_grid.h"
#include "volume/roi.h"

namespace isovox {

struct DvhOptions {
  SolidOptions solid;
  OutsideGrid outside = OutsideGrid::kExclude;
  double volume_tolerance = 1e-3;     // of the volume
  double dose_tolerance_gy = 0.05;
  int64_t max_samples = 20'000'000;   // per structure
};

// A finished curve. Percentages refer to curve_cc: the whole structure, or the part inside the grid with kExclude.
struct Dvh {
  std::string name;
  double volume_cc = 0;  // of the whole structure
  double curve_cc = 0;   // of what the curve counts
  double covered_fraction = 0;
  double min_gy = 0, max_gy = 0, mean_gy = 0;
  double low_gy = 0, bin_gy = 0.01;
  std::vector<double> cumulative_cc;  // at low_gy + n * bin_gy; first curve_cc, last 0
  // Shifted by at most bound_gy the curve lies within bound_cc of its limit for ever finer cells: its shape judged by
  // the last halving (of a structure over 32 dose planes and more, in a pilot of every fourth pair of planes), its
  // volume by the integral of the sections' areas.
  double bound_cc = 0, bound_gy = 0;
  int64_t samples = 0;
  Findings findings;

  bool empty() const { return !(curve_cc > 0); }
  // Volume that receives at least `gray`.
  double VolumeAt(double gray) const;
  // The greatest dose that at least `cc` receive. REQUIRES: 0 <= cc <= curve_cc, not empty.
  double DoseAt(double cc) const;
  // Calls visit(dose, cc) for the bins that hold volume.
  template <typename Visit>
  void VisitBins(Visit&& visit) const {
    for (size_t b = 0; b + 1 < cumulative_cc.size(); ++b) {
      const double cc = cumulative_cc[b] - cumulative_cc[b + 1];
      if (cc <= 0) continue;
      const double middle = low_gy + (static_cast<double>(b) + 0.5) * bin_gy;
      visit(middle < min_gy ? min_gy : middle > max_gy ? max_gy : middle, cc);
    }
  }
};

// dose.outside, dose.partial_coverage.
void AddCoverageFindings(Dvh& dvh);

Dvh ComputeDvh(const Roi& roi, const DoseGrid& dose, const DvhOptions& options, const Exec& exec);
// The same of several structures, in parallel; each is one step of progress.
std::vector<Dvh> ComputeDvhs(std::span<const Roi* const> rois, const DoseGrid& dose, const DvhOptions& options,
                             const Exec& exec);

}  // namespace isovox
