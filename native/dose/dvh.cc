#include "dose/dvh.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>

#include "dose/dose_sampler.h"
#include "dose/dvh_pass.h"

namespace isovox {
namespace {

constexpr double kSmallCc = 0.5;
constexpr float kOpenExtremes = 2e-3F;  // of the doses in reach

// Puts a pass into the form of a result.
void Fill(const Tally& tally, const Measurement& measurement, OutsideGrid outside, Dvh& dvh) {
  const double whole = tally.whole();
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

namespace {

using Part = Measurement::Part;

// The error of a pass, as DvhOptions states it.
struct Bound {
  double cc = 0, gray = 0, volume_cc = 0;
  bool Within(const DvhOptions& options, double whole_cc) const {
    return std::max(cc, volume_cc) <= options.volume_tolerance * whole_cc;
  }
};

// The error falls by about four with every halving, so a third of the last change is left of the finer pass, and four
// thirds of the coarser; a half and five thirds are stated. The coarser is taken only where it is well within.
Bound BoundOfFiner(const Dvh& coarse, const Dvh& fine, const DvhOptions& options) {
  const Difference d = Compare(coarse, fine, 2 * options.dose_tolerance_gy);
  return {d.cc / 2, d.gray / 2, d.volume_cc / 2};
}
Bound BoundOfCoarser(const Dvh& coarse, const Dvh& fine, const DvhOptions& options) {
  constexpr double kStated = 5.0 / 3, kWellWithin = 0.4;
  const Difference d = Compare(coarse, fine, kWellWithin * options.dose_tolerance_gy / kStated);
  return {d.cc * kStated, d.gray * kStated, d.volume_cc * kStated};
}

// The pass that the pilot found fine enough, over the whole, with its bound.
struct Piloted {
  int step;
  Tally tally;
  Bound bound;
};

// Halves cells in the pilot until a step's error is known to be small enough. Nothing when the pilot holds nothing.
std::optional<Piloted> RunPilot(const Measurement& measurement, const DvhOptions& options) {
  int step = measurement.first_step();
  Tally before = measurement.Pass(step, Part::kPilot);
  if (!(before.inside > 0)) return std::nullopt;
  Dvh coarse, fine;
  Fill(before, measurement, options.outside, coarse);
  for (;;) {
    Tally tally = measurement.Pass(step + 1, Part::kPilot);
    Fill(tally, measurement, options.outside, fine);
    Bound bound = BoundOfCoarser(coarse, fine, options);
    const bool coarse_known = step > measurement.first_step() && bound.Within(options, coarse.volume_cc);
    if (!coarse_known) {
      bound = BoundOfFiner(coarse, fine, options);
      ++step;
      before = std::move(tally);
      std::swap(coarse, fine);
    }
    const bool last =
        step >= Measurement::kMostSteps || 8 * Measurement::kPilotEvery * before.cells > options.max_samples;
    if (!coarse_known && !last && !bound.Within(options, coarse.volume_cc)) continue;
    const double pilot = before.whole();
    before.Merge(measurement.Pass(step, Part::kRest));
    const double scale = pilot > 0 ? before.whole() / pilot : 1;
    return Piloted{step, std::move(before), {bound.cc * scale, bound.gray, bound.volume_cc * scale}};
  }
}

}  // namespace

namespace {

// Along the contours, and between them in slabs whose outline may meet a dose beyond those met so far by more than the
// tolerance: at their ends, which lie on the dose's planes where the grid is not turned, and in the middle.
void WidenOverSurface(const Solid& solid, const DoseSampler& sampler, const Tally& tally, const DvhOptions& options,
                      float& least, float& most) {
  const OutsideGrid outside = options.outside;
  const auto [low, high] = sampler.range();
  const float open = std::min(static_cast<float>(options.dose_tolerance_gy), kOpenExtremes * (high - low));
  const float floor = outside == OutsideGrid::kZero ? std::min(low, 0.0F) : low;
  const float ceiling = outside == OutsideGrid::kZero ? std::max(high, 0.0F) : high;
  if (least <= floor && most >= ceiling) return;
  solid.VisitOutline([&](std::span<const Point2> loop, double w) {
    sampler.WidenAlong(loop, w, outside, open, least, most);
  });
  Section section;
  double last = -1e300;
  for (const Tally::SlabEdge& slab : tally.slabs) {
    if (std::max(slab.low, floor) >= least - open && std::min(slab.high, ceiling) <= most + open) continue;
    for (const double part : {1e-6, 0.5, 1 - 1e-6}) {
      const double w = slab.from + part * (slab.to - slab.from);
      if (std::abs(w - last) < 1e-5 * (slab.to - slab.from)) continue;
      last = w;
      solid.SectionAt(w, section);
      for (const Section::Piece& piece : section.pieces) {
        sampler.WidenAlong(section.PointsOf(piece), w, outside, open, least, most);
      }
    }
  }
}

// A whole patient on a dose grid of 0.5 mm has fewer.
constexpr double kMostCells = 1e9;

Dvh MeasureDvh(const Roi& roi, const DoseGrid& dose, const RowRanges* ranges, const DvhOptions& options,
               const Exec& exec) {
  Dvh dvh;
  dvh.name = roi.name;
  const Solid solid(StackPlanes(roi, dose.grid.axes), options.solid);
  dvh.findings = solid.findings();
  if (solid.empty() || solid.breaks().size() < 2 || dose.grid.voxels() == 0) {
    dvh.cumulative_cc = {0, 0};
    return dvh;
  }
  const DoseSampler sampler(dose, solid.frame(), solid.bounds(), solid.breaks().front(), solid.breaks().back(), ranges);
  const Measurement measurement(solid, sampler, options, exec);
  if (measurement.fewest_cells() > kMostCells) {
    dvh.findings.push_back({"roi.too_large", Severity::kFail,
                            "The structure is over a thousand million voxels of the dose grid large; one of them is damaged, and nothing was measured"});
    dvh.cumulative_cc = {0, 0};
    return dvh;
  }
  const auto areas = solid.PlainIntegral(solid.breaks().front(), solid.breaks().back());
  // The volume's own error is often known sooner, by the areas of the sections; where loops meet between planes
  // without crossing in one that was looked at, those areas are not what is covered, and the halving judges.
  const auto area_error = [&] { return std::abs(dvh.volume_cc - areas->volume / 1000); };

  int step = measurement.first_step();
  Tally tally;
  Bound bound;
  bool known = false;
  if (auto piloted = measurement.has_pilot() ? RunPilot(measurement, options) : std::nullopt) {
    step = piloted->step;
    tally = std::move(piloted->tally);
    bound = piloted->bound;
    Fill(tally, measurement, options.outside, dvh);
    // A crossing need not lie in the pilot.
    if (areas) bound.volume_cc = tally.crossing ? std::max(bound.volume_cc, area_error()) : area_error();
    known = bound.Within(options, dvh.volume_cc);
  } else {
    tally = measurement.Pass(step, Part::kAll);
    Fill(tally, measurement, options.outside, dvh);
  }
  while (!known && step < Measurement::kMostSteps &&
         (step == measurement.first_step() || 8 * tally.cells <= options.max_samples)) {
    ++step;
    const Dvh coarse = dvh;
    tally = measurement.Pass(step, Part::kAll);
    Fill(tally, measurement, options.outside, dvh);
    bound = BoundOfFiner(coarse, dvh, options);
    if (areas && !tally.crossing) bound.volume_cc = std::min(bound.volume_cc, area_error());
    known = bound.Within(options, dvh.volume_cc);
  }
  dvh.bound_cc = std::max(bound.cc, bound.volume_cc);
  dvh.bound_gy = bound.gray;
  // Extremes lie on the outline where they do not lie inside.
  if (dvh.covered_fraction > 0) {
    float least = tally.least, most = tally.most;
    WidenOverSurface(solid, sampler, tally, options, least, most);
    dvh.min_gy = static_cast<double>(least);
    dvh.max_gy = static_cast<double>(most);
  } else if (dvh.empty()) {
    dvh.min_gy = dvh.max_gy = dvh.mean_gy = 0;
  }
  AddFindings(dvh, tally, tally.crossing && CrossesAsDrawn(solid));
  return dvh;
}

}  // namespace

Dvh ComputeDvh(const Roi& roi, const DoseGrid& dose, const DvhOptions& options, const Exec& exec) {
  return MeasureDvh(roi, dose, nullptr, options, exec);
}

std::vector<Dvh> ComputeDvhs(std::span<const Roi* const> rois, const DoseGrid& dose, const DvhOptions& options,
                             const Exec& exec) {
  std::vector<Dvh> results(rois.size());
  const auto count = static_cast<int64_t>(rois.size());
  exec.SetTotal(count);
  std::optional<RowRanges> ranges;
  if (count > 1) ranges = FindRowRanges(dose, exec);
  // The largest first: begun last, it would run alone at the end.
  std::vector<size_t> order(rois.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return rois[a]->points.size() > rois[b]->points.size(); });
  ParallelFor(exec, count, 1, [&](int64_t n, int64_t) {
    const size_t at = order[static_cast<size_t>(n)];
    results[at] = MeasureDvh(*rois[at], dose, ranges ? &*ranges : nullptr, options, exec);
    exec.Step();
  });
  return results;
}

}  // namespace isovox
