// One pass over a solid with cells of one size: how much of it receives which dose.
#pragma once

#include <span>
#include <vector>

#include "dose/dose_histogram.h"
#include "dose/dose_sampler.h"
#include "dose/dvh.h"
#include "exec/exec.h"
#include "imaging/slabs.h"
#include "imaging/solid.h"

namespace isovox {

// What a pass found. Volumes in mm^3.
struct Tally {
  DoseHistogram histogram;
  double inside = 0, edge = 0, outside = 0, dose_volume = 0;  // edge: of inside, in the outermost half voxels
  float least = 1e30F, most = -1e30F;
  int64_t cells = 0;
  bool crossing = false;
  // Of every slab, between which doses those of its cells at the outline lie, covered or not.
  struct SlabEdge {
    double from, to;
    float low = 1e30F, high = -1e30F;
    void Add(float dose, float spread) {
      // A cell's dose is at most the sum of its changes along the axes from that of its middle; their squares are known.
      constexpr float kRootOfThree = 1.7321F;
      low = low < dose - kRootOfThree * spread ? low : dose - kRootOfThree * spread;
      high = high > dose + kRootOfThree * spread ? high : dose + kRootOfThree * spread;
    }
  };
  std::vector<SlabEdge> slabs;

  double whole() const { return inside + outside; }
  void Merge(Tally&& other);
};

// Cuts the solid into slabs at the drawn planes and the dose planes, and these into cells.
class Measurement {
 public:
  // Keeps references to all of them.
  Measurement(const Solid& solid, const DoseSampler& sampler, const DvhOptions& options, const Exec& exec);

  static constexpr int kMostSteps = 14;
  // The coarsest step that is worth a pass. Every step halves the cells of the one before; cells of step 1 are as large
  // as the dose grid's.
  int first_step() const { return first_step_; }
  // About how many cells that pass has.
  double fewest_cells() const { return ExpectedCells(first_step_); }

  // The lowest edge and the width of the histogram's bins.
  double low() const { return low_; }
  double width() const { return width_; }

  // Of a structure over many dose planes, every fourth pair of stretches between them, from which the error of a step
  // can be known without a pass over the whole; the rest; or all.
  enum class Part { kPilot, kRest, kAll };
  bool has_pilot() const { return groups() >= kFewestGroups; }
  static constexpr int64_t kPilotEvery = 4;

  Tally Pass(int step, Part part) const;

 private:
  static constexpr int64_t kFewestGroups = 16;

  struct Stretch {
    double from, to;
  };
  // Two neighbouring stretches between cuts are a group; one, where there are few.
  size_t group_size() const { return cuts_.size() > 4 ? 2 : 1; }
  int64_t groups() const { return static_cast<int64_t>((cuts_.size() - 2) / group_size()) + 1; }
  double CellSize(int axis, int step) const;
  double ExpectedCells(int step) const;
  std::vector<Stretch> StretchesOf(int step, Part part) const;
  void RunStretches(std::span<const Stretch> stretches, const DoseSampler::Lattice& lattice, Tally& tally) const;
  void AddRow(std::span<const Run> runs, const Slab& slab, double thickness, const DoseSampler::Lattice& lattice,
              DoseRow& row, Tally& tally) const;
  void AddEdge(const DoseRow& row, size_t first, size_t count, double volume, Tally& tally) const;

  const Solid& solid_;
  const DoseSampler& sampler_;
  const DvhOptions& options_;
  const Exec& exec_;
  float low_ = 0;
  double width_ = 0;
  size_t bins_ = 0;
  std::vector<double> cuts_;  // ascending
  int first_step_ = 0;
};

}  // namespace isovox
