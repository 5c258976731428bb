#include "dose/dvh.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "dose/dose_histogram.h"
#include "dose/dose_sampler.h"
#include "imaging/slabs.h"

namespace isovox {
namespace {

constexpr double kWidestBinGy = 0.01;
constexpr double kBins = 4096;            // at least, over the doses in reach
constexpr double kFewestCells = 500;      // of the coarser of the first two steps
constexpr int64_t kCellsPerChunk = 60'000;
constexpr int kMostSteps = 14;
constexpr double kWhole = 1 - 1e-6;       // coverage that counts as all
constexpr double kSmallCc = 0.5;
// A dose plane this close to a contour plane (part of the spacing) cuts no slab of its own.
constexpr double kSliver = 0.02;

// What one pass over some slabs found. Volumes in mm^3.
struct Tally {
  DoseHistogram histogram;
  double inside = 0, edge = 0, outside = 0, dose_volume = 0;  // edge: of inside, in the outermost half voxels
  float least = 1e30F, most = -1e30F;
  int64_t cells = 0;
  bool crossing = false;

  void Merge(Tally&& other) {
    histogram.Merge(other.histogram);
    inside += other.inside;
    edge += other.edge;
    outside += other.outside;
    dose_volume += other.dose_volume;
    least = std::min(least, other.least);
    most = std::max(most, other.most);
    cells += other.cells;
    crossing = crossing || other.crossing;
  }
};

class Measurement {
 public:
  Measurement(const Solid& solid, const DoseSampler& sampler, const DvhOptions& options, const Exec& exec)
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
      const double sliver = kSliver * reach;
      if (*next - w > sliver && w - *(next - 1) > sliver) cuts_.push_back(w);
    }
    std::sort(cuts_.begin(), cuts_.end());
    while (first_step_ < kMostSteps && ExpectedCells(first_step_) < kFewestCells) ++first_step_;
  }

  int first_step() const { return first_step_; }

  double low() const { return low_; }
  double width() const { return width_; }

  double CellSize(int axis, int step) const { return sampler_.step(axis) * std::ldexp(1.0, 1 - step); }

  double ExpectedCells(int step) const {
    const double length = cuts_.back() - cuts_.front();
    return solid_.rough_volume_mm3() / (CellSize(0, step) * CellSize(1, step)) *
           static_cast<double>(EdgesOf(step).size() - 1) / length;
  }

  Tally Pass(int step) const {
    const std::vector<Slab> slabs = CutSlabs(solid_, EdgesOf(step));
    const DoseSampler::Lattice lattice = sampler_.MakeLattice(CellSize(0, step), CellSize(1, step));
    const auto count = static_cast<int64_t>(slabs.size());
    const auto chunks = std::clamp<int64_t>(static_cast<int64_t>(ExpectedCells(step)) / kCellsPerChunk, 1, 48);
    const auto fresh = [this] {
      Tally tally;
      tally.histogram = DoseHistogram(low_, width_, bins_);
      return tally;
    };
    if (chunks == 1) {
      Tally tally = fresh();
      exec_.CheckCancelled();
      RunSlabs(slabs, lattice, tally);
      return tally;
    }
    return OrderedReduce<Tally>(
        exec_, count, (count + chunks - 1) / chunks, fresh(),
        [&](int64_t begin, int64_t end) {
          Tally tally = fresh();
          const auto own = std::span(slabs).first(static_cast<size_t>(end)).subspan(static_cast<size_t>(begin));
          RunSlabs(own, lattice, tally);
          return tally;
        },
        [](Tally& into, Tally&& part) { into.Merge(std::move(part)); });
  }

 private:
  // Edges of the slabs: where parts of the solid end and where the dose has its planes. The first pass takes these in
  // pairs, the second singly, every later one cuts each at least in two once more: so that passes differ across the
  // planes as well, however close these are.
  std::vector<double> EdgesOf(int step) const {
    std::vector<double> edges{cuts_.front()};
    const int pass = step - first_step_;
    const double target = CellSize(2, step);
    const size_t stride = pass == 0 && cuts_.size() > 4 ? 2 : 1;
    for (size_t c = 0; c + 1 < cuts_.size(); c += stride) {
      const double from = cuts_[c], length = cuts_[std::min(c + stride, cuts_.size() - 1)] - from;
      const int least = pass > 1 ? 1 << (pass - 1) : 1;
      const int parts = std::max(least, static_cast<int>(std::ceil(length / target - 1e-6)));
      for (int p = 1; p <= parts; ++p) edges.push_back(from + length * p / parts);
    }
    return edges;
  }

  void RunSlabs(std::span<const Slab> slabs, const DoseSampler::Lattice& lattice, Tally& tally) const {
    Section section;
    CoverageRaster raster;
    DoseRow row;
    for (const Slab& slab : slabs) {
      solid_.SectionAt(slab.w, section);
      if (section.pieces.empty()) continue;
      const bool plain = RasteriseSection(section, lattice.cells, {}, raster);
      tally.crossing = tally.crossing || !plain;
      const double thickness = plain ? slab.thickness : slab.length;
      const auto runs = raster.runs();
      for (size_t begin = 0; begin < runs.size();) {
        size_t end = begin;
        while (end < runs.size() && runs[end].row == runs[begin].row) ++end;
        AddRow(runs.subspan(begin, end - begin), slab, thickness, lattice, row, tally);
        begin = end;
      }
    }
    tally.histogram.Flush();
  }

  void AddRow(std::span<const Run> runs, const Slab& slab, double thickness, const DoseSampler::Lattice& lattice,
              DoseRow& row, Tally& tally) const {
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
      if (count == 1 && run.coverage < kWhole) {
        const auto [dose, spread] = sampler_.CoveredPart(lattice, row, begin, run);
        tally.histogram.AddPart(dose, spread, volume);
        tally.dose_volume += volume * static_cast<double>(dose);
      } else {
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
  void AddEdge(const DoseRow& row, size_t first, size_t count, double volume, Tally& tally) const {
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
      tally.histogram.AddPart(dose, spread, volume);
      tally.dose_volume += volume * static_cast<double>(dose);
      tally.least = std::min(tally.least, dose);
      tally.most = std::max(tally.most, dose);
    }
  }

  const Solid& solid_;
  const DoseSampler& sampler_;
  const DvhOptions& options_;
  const Exec& exec_;
  float low_ = 0;
  double width_ = kWidestBinGy;
  size_t bins_ = 0;
  std::vector<double> cuts_;
  int first_step_ = 0;
};

// Puts a pass into the form of a result.
void Fill(const Tally& tally, const Measurement& measurement, OutsideGrid outside, Dvh& dvh) {
  const double whole = tally.inside + tally.outside;
  dvh.volume_cc = whole / 1000;
  dvh.curve_cc = (outside == OutsideGrid::kExclude ? tally.inside : whole) / 1000;
  dvh.covered_fraction = whole > 0 ? tally.inside / whole : 0;
  dvh.samples = tally.cells;
  dvh.low_gy = measurement.low();
  dvh.bin_gy = measurement.width();
  dvh.cumulative_cc = tally.histogram.Cumulative();
  // The bins' own rounding is taken out, so that the curve begins at exactly the volume.
  const double scale = dvh.cumulative_cc.front() > 0 ? dvh.curve_cc / dvh.cumulative_cc.front() : 0;
  for (double& value : dvh.cumulative_cc) value *= scale;
  dvh.mean_gy = dvh.curve_cc > 0 ? tally.dose_volume / (dvh.curve_cc * 1000) : 0;
  dvh.min_gy = static_cast<double>(tally.least);
  dvh.max_gy = static_cast<double>(tally.most);
}

struct Difference {
  double cc = 0, gray = 0, volume_cc = 0;
};

// How far two curves over the same bins are apart: `gray` along the dose, at most `allowed_gray`, and `cc` what then
// remains along the volume.
Difference Compare(const Dvh& a, const Dvh& b, double allowed_gray) {
  Difference d;
  d.volume_cc = std::abs(a.volume_cc - b.volume_cc);
  const double scale = a.curve_cc > 0 ? b.curve_cc / a.curve_cc : 1;
  for (int percent = 1; percent <= 99; ++percent) {
    d.gray = std::max(d.gray, std::abs(a.DoseAt(a.curve_cc * percent / 100) - b.DoseAt(b.curve_cc * percent / 100)));
  }
  d.gray = std::min(d.gray, allowed_gray);
  const auto count = static_cast<int64_t>(a.cumulative_cc.size());
  const auto shift = static_cast<int64_t>(d.gray / a.bin_gy);
  for (int64_t n = 0; n < count; ++n) {
    const double here = a.cumulative_cc[static_cast<size_t>(n)] * scale;
    const double above = b.cumulative_cc[static_cast<size_t>(std::max<int64_t>(0, n - shift))];
    const double below = b.cumulative_cc[static_cast<size_t>(std::min(count - 1, n + shift))];
    d.cc = std::max({d.cc, here - above, below - here});
  }
  return d;
}

void AddFindings(Dvh& dvh, const Tally& tally, bool crossing) {
  if (crossing) {
    dvh.findings.push_back({"roi.self_intersecting", Severity::kInfo,
                            "Contours cross themselves or each other; the overlap was resolved"});
  }
  if (dvh.volume_cc < kSmallCc) {
    dvh.findings.push_back({"roi.small", Severity::kInfo, "The structure is smaller than 0.5 cc"});
  }
  AddCoverageFindings(dvh);
  if (tally.edge > 1e-6 * tally.inside) {
    char text[128];
    std::snprintf(text, sizeof text, "%.2f %% of the structure lies in the outermost half voxels of the dose grid",
                  100 * tally.edge / (tally.inside + tally.outside));
    dvh.findings.push_back({"dose.edge", Severity::kInfo, text});
  }
}

// Whether contours cross as they were drawn; between planes moved holes may meet their outlines without fault.
bool CrossesAsDrawn(const Solid& solid) {
  Section section;
  CoverageRaster raster;
  const Box2& bounds = solid.bounds();
  const PlaneLattice lattice{bounds.u0, bounds.v0, (bounds.u1 - bounds.u0) / 256, (bounds.v1 - bounds.v0) / 256};
  for (const ContourPlane& plane : solid.stack().planes) {
    solid.SectionAt(plane.w, section);
    if (!RasteriseSection(section, lattice, {}, raster)) return true;
  }
  return false;
}

}  // namespace

void AddCoverageFindings(Dvh& dvh) {
  if (dvh.covered_fraction <= 0) {
    dvh.findings.push_back({"dose.outside", Severity::kFail, "No part of the structure lies inside the dose grid"});
  } else if (dvh.covered_fraction < 1 - 1e-6) {
    char text[96];
    std::snprintf(text, sizeof text, "%.2f %% of the structure lies outside the dose grid",
                  100 * (1 - dvh.covered_fraction));
    dvh.findings.push_back({"dose.partial_coverage", Severity::kWarn, text});
  }
}

Dvh ComputeDvh(const Roi& roi, const DoseGrid& dose, const DvhOptions& options, const Exec& exec) {
  Dvh dvh;
  dvh.name = roi.name;
  const Solid solid(StackPlanes(roi, dose.grid.axes), options.solid);
  dvh.findings = solid.findings();
  if (solid.empty() || solid.breaks().size() < 2 || dose.grid.voxels() == 0) {
    dvh.cumulative_cc = {0, 0};
    return dvh;
  }
  const DoseSampler sampler(dose, solid.frame(), solid.bounds(), solid.breaks().front(), solid.breaks().back());
  const Measurement measurement(solid, sampler, options, exec);

  const auto volume = solid.PlainIntegral(solid.breaks().front(), solid.breaks().back());
  int step = measurement.first_step();
  Dvh coarse;
  Tally tally = measurement.Pass(step);
  Fill(tally, measurement, options.outside, coarse);
  for (;;) {
    ++step;
    tally = measurement.Pass(step);
    Fill(tally, measurement, options.outside, dvh);
    // The error falls by about four with every halving, so what is left is a third of the last change; half is stated.
    // The volume's own error is often known sooner, by the areas of the sections; where loops meet between planes
    // without crossing in one that was looked at, those areas are not what is covered, and the halving judges.
    const Difference difference = Compare(coarse, dvh, 2 * options.dose_tolerance_gy);
    double volume_error = difference.volume_cc / 2;
    if (volume && !tally.crossing) volume_error = std::min(volume_error, std::abs(dvh.volume_cc - volume->volume / 1000));
    dvh.bound_cc = std::max(difference.cc / 2, volume_error);
    dvh.bound_gy = difference.gray / 2;
    const bool known = dvh.bound_cc <= options.volume_tolerance * dvh.volume_cc;
    if (known || step >= kMostSteps || 8 * tally.cells > options.max_samples) break;
    coarse = dvh;
  }
  // Extremes lie on the outline where they do not lie inside.
  if (dvh.covered_fraction > 0) {
    float least = tally.least, most = tally.most;
    solid.VisitOutline([&](std::span<const Point2> points, double w) { sampler.WidenAt(points, w, least, most); });
    dvh.min_gy = static_cast<double>(least);
    dvh.max_gy = static_cast<double>(most);
  } else if (dvh.empty()) {
    dvh.min_gy = dvh.max_gy = dvh.mean_gy = 0;
  }
  AddFindings(dvh, tally, tally.crossing && CrossesAsDrawn(solid));
  return dvh;
}

}  // namespace isovox
