#include "dose/dvh.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "dose/dose_histogram.h"
#include "dose/dose_sampler.h"

namespace isovox {
namespace {

constexpr double kWidestBinGy = 0.01;
constexpr double kBins = 8192;            // at least, over the doses in reach
constexpr double kFewestCells = 12'000;   // of the coarser of the first two steps
constexpr int64_t kCellsPerChunk = 250'000;
constexpr int kMostSteps = 14;
constexpr double kSmallCc = 0.5;
// A dose plane this close to a contour plane (part of the spacing) cuts no slab of its own.
constexpr double kSliver = 0.02;

struct Slab {
  double w, thickness;
};

// What one pass over some slabs found. Volumes in mm^3.
struct Tally {
  DoseHistogram histogram;
  double inside = 0, outside = 0, dose_volume = 0;
  float least = 1e30F, most = -1e30F;
  int64_t cells = 0;
  bool crossing = false;

  void Merge(Tally&& other) {
    histogram.Merge(other.histogram);
    inside += other.inside;
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
    const auto [low, high] = sampler.RangeIn(solid.bounds(), breaks.front() - reach, breaks.back() + reach);
    low_ = options.outside == OutsideGrid::kZero ? std::min(0.0F, low) : low;
    const double range = std::max(1e-6, static_cast<double>(high) - low_);
    width_ = std::min(kWidestBinGy, range / kBins);
    bins_ = static_cast<size_t>(std::ceil(range / width_)) + 1;

    cuts_ = breaks;
    for (const double w : sampler.planes()) {
      if (w <= breaks.front() || w >= breaks.back()) continue;
      const auto next = std::lower_bound(breaks.begin(), breaks.end(), w);
      const double sliver = kSliver * reach;
      if (*next - w > sliver && w - *(next - 1) > sliver) cuts_.push_back(w);
    }
    std::sort(cuts_.begin(), cuts_.end());
  }

  double low() const { return low_; }
  double width() const { return width_; }

  double CellSize(int axis, int step) const { return sampler_.step(axis) * std::ldexp(1.0, 1 - step); }

  double ExpectedCells(int step) const {
    const double length = cuts_.back() - cuts_.front();
    return solid_.rough_volume_mm3() / (CellSize(0, step) * CellSize(1, step)) *
           static_cast<double>(SlabsOf(step).size()) / length;
  }

  Tally Pass(int step) const {
    const std::vector<Slab> slabs = SlabsOf(step);
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
          RunSlabs(std::span(slabs).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), lattice, tally);
          return tally;
        },
        [](Tally& into, Tally&& part) { into.Merge(std::move(part)); });
  }

 private:
  std::vector<Slab> SlabsOf(int step) const {
    std::vector<Slab> slabs;
    const double target = CellSize(2, step);
    for (size_t c = 0; c + 1 < cuts_.size(); ++c) {
      const double length = cuts_[c + 1] - cuts_[c];
      const int parts = std::max(1, static_cast<int>(std::ceil(length / target - 1e-6)));
      for (int p = 0; p < parts; ++p) {
        slabs.push_back({cuts_[c] + length * (p + 0.5) / parts, length / parts});
      }
    }
    return slabs;
  }

  void RunSlabs(std::span<const Slab> slabs, const DoseSampler::Lattice& lattice, Tally& tally) const {
    Section section;
    CoverageRaster raster;
    DoseRow row;
    for (const Slab& slab : slabs) {
      solid_.SectionAt(slab.w, section);
      if (section.pieces.empty()) continue;
      tally.crossing = !RasteriseSection(section, lattice.cells, {}, raster) || tally.crossing;
      const auto runs = raster.runs();
      for (size_t begin = 0; begin < runs.size();) {
        size_t end = begin;
        while (end < runs.size() && runs[end].row == runs[begin].row) ++end;
        AddRow(runs.subspan(begin, end - begin), slab, lattice, row, tally);
        begin = end;
      }
    }
  }

  void AddRow(std::span<const Run> runs, const Slab& slab, const DoseSampler::Lattice& lattice, DoseRow& row,
              Tally& tally) const {
    const int32_t begin = runs.front().begin, end = runs.back().end;
    const double v = lattice.cells.v0 + (runs.front().row + 0.5) * lattice.cells.dv;
    sampler_.Sample(lattice, v, slab.w, slab.thickness, begin, end, row);
    const double cell = lattice.cells.du * lattice.cells.dv * slab.thickness;
    double inside = 0, outside = 0, dose_volume = 0;
    for (const Run& run : runs) {
      const double volume = cell * run.coverage;
      const bool whole = run.coverage > 1 - 1e-6;
      const auto first = static_cast<size_t>(run.begin - begin), last = static_cast<size_t>(run.end - begin);
      tally.cells += run.end - run.begin;
      for (size_t c = first; c < last; ++c) {
        if (!row.all_inside && !row.inside[c]) {
          outside += volume;
          if (options_.outside == OutsideGrid::kExclude) continue;
          if (options_.outside == OutsideGrid::kZero) {
            tally.histogram.Add(0, 0, volume);
            tally.least = std::min(tally.least, 0.0F);
            tally.most = std::max(tally.most, 0.0F);
            continue;
          }
        } else {
          inside += volume;
        }
        const float dose = row.dose[c];
        tally.histogram.Add(dose, row.spread[c], volume);
        dose_volume += volume * static_cast<double>(dose);
        if (whole) {
          tally.least = std::min(tally.least, dose - row.extent[c]);
          tally.most = std::max(tally.most, dose + row.extent[c]);
        } else if (run.coverage >= 0.5) {
          tally.least = std::min(tally.least, dose);
          tally.most = std::max(tally.most, dose);
        }
      }
    }
    tally.inside += inside;
    tally.outside += outside;
    tally.dose_volume += dose_volume;
  }

  const Solid& solid_;
  const DoseSampler& sampler_;
  const DvhOptions& options_;
  const Exec& exec_;
  float low_ = 0;
  double width_ = kWidestBinGy;
  size_t bins_ = 0;
  std::vector<double> cuts_;
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

// How far two curves over the same bins are apart, at most, along either axis.
Difference Compare(const Dvh& a, const Dvh& b) {
  Difference d;
  d.volume_cc = std::abs(a.volume_cc - b.volume_cc);
  const double scale = a.curve_cc > 0 ? b.curve_cc / a.curve_cc : 1;
  for (size_t n = 0; n < a.cumulative_cc.size(); ++n) {
    d.cc = std::max(d.cc, std::abs(a.cumulative_cc[n] * scale - b.cumulative_cc[n]));
  }
  for (int percent = 1; percent <= 99; ++percent) {
    d.gray = std::max(d.gray, std::abs(a.DoseAt(a.curve_cc * percent / 100) - b.DoseAt(b.curve_cc * percent / 100)));
  }
  return d;
}

void AddFindings(Dvh& dvh, bool crossing) {
  if (crossing) {
    dvh.findings.push_back({"roi.self_intersecting", Severity::kInfo,
                            "Contours cross themselves or each other; the overlap was resolved"});
  }
  if (dvh.volume_cc < kSmallCc) {
    dvh.findings.push_back({"roi.small", Severity::kInfo, "The structure is smaller than 0.5 cc"});
  }
  AddCoverageFindings(dvh);
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
  const DoseSampler sampler(dose, solid.frame());
  const Measurement measurement(solid, sampler, options, exec);

  int step = 0;
  while (step < kMostSteps && measurement.ExpectedCells(step) < kFewestCells) ++step;
  Dvh coarse;
  Tally tally = measurement.Pass(step);
  Fill(tally, measurement, options.outside, coarse);
  for (;;) {
    ++step;
    tally = measurement.Pass(step);
    Fill(tally, measurement, options.outside, dvh);
    const Difference difference = Compare(coarse, dvh);
    // The error falls by about four with every halving, so what is left is a third of the last change; half is stated.
    dvh.bound_cc = std::max(difference.cc, difference.volume_cc) / 2;
    dvh.bound_gy = difference.gray / 2;
    const bool volume_known = difference.volume_cc / 2 <= options.volume_tolerance * dvh.volume_cc;
    const bool curve_known =
        difference.cc / 2 <= options.volume_tolerance * dvh.curve_cc || dvh.bound_gy <= options.dose_tolerance_gy;
    if ((volume_known && curve_known) || step >= kMostSteps ||
        8 * tally.cells > options.max_samples) {
      break;
    }
    coarse = dvh;
  }
  // Extremes lie on the outline where they do not lie inside.
  if (dvh.covered_fraction > 0) {
    float least = tally.least, most = tally.most;
    solid.VisitOutline([&](double u, double v, double w) {
      if (const auto gray = sampler.At(u, v, w)) {
        least = std::min(least, *gray);
        most = std::max(most, *gray);
      }
    });
    dvh.min_gy = static_cast<double>(least);
    dvh.max_gy = static_cast<double>(most);
  } else if (dvh.empty()) {
    dvh.min_gy = dvh.max_gy = dvh.mean_gy = 0;
  }
  AddFindings(dvh, tally.crossing);
  return dvh;
}

}  // namespace isovox
