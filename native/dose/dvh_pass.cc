#include "dose/dvh_pass.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

constexpr double kWidestBinGy = 0.01;
constexpr double kBins = 4096;            // at least, over the doses in reach
constexpr double kFewestCells = 500;      // of the coarser of the first two steps
constexpr double kCellsPerChunk = 60'000;
constexpr double kWhole = 1 - 1e-6;       // coverage that counts as all
// A dose plane this close to a contour plane (part of the spacing) cuts no slab of its own.
constexpr double kSliver = 0.02;

}  // namespace

void Tally::Merge(Tally&& other) {
  histogram.Merge(other.histogram);
  inside += other.inside;
  edge += other.edge;
  outside += other.outside;
  dose_volume += other.dose_volume;
  least = std::min(least, other.least);
  most = std::max(most, other.most);
  cells += other.cells;
  crossing = crossing || other.crossing;
  slabs.insert(slabs.end(), other.slabs.begin(), other.slabs.end());
}

Measurement::Measurement(const Solid& solid, const DoseSampler& sampler, const DvhOptions& options, const Exec& exec)
    : solid_(solid), sampler_(sampler), options_(options), exec_(exec) {
  const auto& breaks = solid.breaks();
  const double reach = sampler.step(2);
  const auto [low, high] = sampler.range();
  low_ = options.outside == OutsideGrid::kZero ? std::min(0.0F, low) : low;
  const double range = std::max(1e-6, static_cast<double>(high) - low_);
  width_ = std::min(kWidestBinGy, range / kBins);
  bins_ = static_cast<size_t>(std::ceil(range / width_)) + 1;

  cuts_ = solid.ends();
  for (const double w : sampler.planes()) {
    if (w <= breaks.front() || w >= breaks.back()) continue;
    const auto next = std::lower_bound(solid.ends().begin(), solid.ends().end(), w);
    const double sliver = kSliver * std::min(reach, breaks.back() - breaks.front());
    if (*next - w > sliver && w - *(next - 1) > sliver) cuts_.push_back(w);
  }
  std::sort(cuts_.begin(), cuts_.end());
  while (first_step_ < kMostSteps && ExpectedCells(first_step_) < kFewestCells) ++first_step_;
}

double Measurement::CellSize(int axis, int step) const { return sampler_.step(axis) * std::ldexp(1.0, 1 - step); }

double Measurement::ExpectedCells(int step) const {
  const double length = cuts_.back() - cuts_.front();
  return solid_.rough_volume_mm3() / (CellSize(0, step) * CellSize(1, step)) *
         static_cast<double>(StretchesOf(step, Part::kAll).size()) / length;
}

// The first pass takes the stretches between cuts in pairs, the second singly, every later one cuts each at least in two
// once more: so that passes differ across the planes as well, however close these are.
std::vector<Measurement::Stretch> Measurement::StretchesOf(int step, Part part) const {
  std::vector<Stretch> stretches;
  const int pass = step - first_step_;
  const double target = CellSize(2, step);
  const size_t group = group_size(), stride = pass == 0 ? group : 1, last = cuts_.size() - 1;
  for (size_t c = 0; c < last; c += stride) {
    const bool pilot = static_cast<int64_t>(c / group) % kPilotEvery == 1;
    if (part != Part::kAll && pilot != (part == Part::kPilot)) continue;
    const double from = cuts_[c], length = cuts_[std::min(c + stride, last)] - from;
    const int least = pass > 1 ? 1 << (pass - 1) : 1;
    const int parts = std::max(least, static_cast<int>(std::ceil(length / target - 1e-6)));
    double begin = from;
    for (int p = 1; p <= parts; ++p) {
      const double end = from + length * p / parts;
      stretches.push_back({begin, end});
      begin = end;
    }
  }
  return stretches;
}

Tally Measurement::Pass(int step, Part part) const {
  const std::vector<Stretch> stretches = StretchesOf(step, part);
  const DoseSampler::Lattice lattice = sampler_.MakeLattice(CellSize(0, step), CellSize(1, step));
  const double share = part == Part::kAll ? 1 : part == Part::kPilot ? 1.0 / kPilotEvery : 1 - 1.0 / kPilotEvery;
  const auto chunks = static_cast<int64_t>(std::clamp(share * ExpectedCells(step) / kCellsPerChunk, 1.0, 48.0));
  const auto count = static_cast<int64_t>(stretches.size());
  const auto measure = [&](int64_t begin, int64_t end) {
    Tally tally;
    tally.histogram = DoseHistogram(low_, width_, bins_);
    RunStretches(std::span(stretches).first(static_cast<size_t>(end)).subspan(static_cast<size_t>(begin)), lattice,
                 tally);
    return tally;
  };
  exec_.CheckCancelled();
  if (chunks == 1) return measure(0, count);
  Tally none;
  none.histogram = DoseHistogram(low_, width_, bins_);
  return OrderedReduce<Tally>(exec_, count, (count + chunks - 1) / chunks, std::move(none), measure,
                              [](Tally& into, Tally&& found) { into.Merge(std::move(found)); });
}

void Measurement::RunStretches(std::span<const Stretch> stretches, const DoseSampler::Lattice& lattice,
                               Tally& tally) const {
  Section section;
  CoverageRaster raster;
  DoseRow row;
  for (const Stretch& stretch : stretches) {
    const auto slab = CutSlab(solid_, stretch.from, stretch.to);
    if (!slab) continue;
    solid_.SectionAt(slab->w, section);
    if (section.pieces.empty()) continue;
    const bool plain = RasteriseSection(section, lattice.cells, {}, raster);
    tally.crossing = tally.crossing || !plain;
    const double thickness = plain ? slab->thickness : slab->length;
    tally.slabs.push_back({stretch.from, stretch.to});
    const auto runs = raster.runs();
    for (size_t begin = 0; begin < runs.size();) {
      size_t end = begin;
      while (end < runs.size() && runs[end].row == runs[begin].row) ++end;
      AddRow(runs.subspan(begin, end - begin), *slab, thickness, lattice, row, tally);
      begin = end;
    }
  }
  tally.histogram.Flush();
}

void Measurement::AddRow(std::span<const Run> runs, const Slab& slab, double thickness,
                         const DoseSampler::Lattice& lattice, DoseRow& row, Tally& tally) const {
  const int32_t begin = runs.front().begin, end = runs.back().end;
  const double v = lattice.cells.v0 + (runs.front().row + 0.5) * lattice.cells.dv;
  sampler_.Sample(lattice, v, slab.w, slab.length, begin, end, row);
  const double cell = lattice.cells.du * lattice.cells.dv * thickness;
  for (const Run& run : runs) {
    const double volume = cell * run.coverage;
    const auto first = static_cast<size_t>(run.begin - begin), count = static_cast<size_t>(run.end - run.begin);
    tally.cells += static_cast<int64_t>(count);
    if (!row.all_between) {
      AddEdge(row, first, count, volume, tally);
      continue;
    }
    tally.inside += volume * static_cast<double>(count);
    if (run.coverage < kWhole) {
      // Several cells where a horizontal edge runs through them.
      Run cell_run = run;
      for (; cell_run.begin < run.end; ++cell_run.begin) {
        const auto c = static_cast<size_t>(cell_run.begin - begin);
        tally.slabs.back().Add(row.dose[c], row.spread[c]);
        const auto [dose, spread] = sampler_.CoveredPart(lattice, row, begin, cell_run);
        tally.histogram.AddPart(dose, spread, volume);
        tally.dose_volume += volume * static_cast<double>(dose);
      }
    } else {
      // The outline may run between this cell and none.
      for (const size_t c : {first, first + count - 1}) tally.slabs.back().Add(row.dose[c], row.spread[c]);
      tally.histogram.AddCells(row.dose.data() + first, row.spread.data() + first, count, volume);
      tally.dose_volume += volume * SumOf(row.dose.data() + first, count);
    }
    if (run.coverage > kWhole) {
      sampler_.Extremes(lattice, row, begin, run.begin, run.end, tally.least, tally.most);
    } else if (run.coverage >= 0.5) {
      for (size_t c = first; c < first + count; ++c) {
        tally.least = std::min(tally.least, row.dose[c]);
        tally.most = std::max(tally.most, row.dose[c]);
      }
    }
  }
}

// Cells of a row that is not all between the grid's nodes.
void Measurement::AddEdge(const DoseRow& row, size_t first, size_t count, double volume, Tally& tally) const {
  for (size_t c = first; c < first + count; ++c) {
    float dose = row.dose[c], spread = row.spread[c];
    if (row.place[c] == DoseRow::kOutside) {
      tally.outside += volume;
      if (options_.outside == OutsideGrid::kExclude) continue;
      if (options_.outside == OutsideGrid::kZero) dose = spread = 0;
    } else {
      tally.inside += volume;
      if (row.place[c] == DoseRow::kEdge) tally.edge += volume;
    }
    tally.slabs.back().Add(dose, spread);
    tally.histogram.AddPart(dose, spread, volume);
    tally.dose_volume += volume * static_cast<double>(dose);
    tally.least = std::min(tally.least, dose);
    tally.most = std::max(tally.most, dose);
  }
}

}  // namespace isovox
