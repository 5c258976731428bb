#include "dose/mask_dvh.h"

#include <algorithm>
#include <cmath>

#include "dose/dose_histogram.h"
#include "dose/dose_sampler.h"

namespace isovox {
namespace {

struct Tally {
  DoseHistogram histogram;
  double inside = 0, outside = 0, dose_volume = 0;
  float least = 1e30F, most = -1e30F;
  int64_t voxels = 0;
};

}  // namespace

Dvh DvhOfMask(const CoverageMask& mask, const DoseGrid& dose, OutsideGrid outside, const Exec& exec) {
  constexpr size_t kBins = 16384;
  Dvh dvh;
  dvh.cumulative_cc = {0, 0};
  if (mask.box.empty() || dose.grid.voxels() == 0) {
    dvh.findings.push_back({"roi.empty", Severity::kWarn, "The mask has no voxels"});
    return dvh;
  }
  // A frame that is no grid's: the sampler then takes any point.
  const DoseSampler sampler(dose, PlaneFrame{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {-1e9, 1e9, -1e9, 1e9}, -1e9, 1e9);
  const auto [low, high] = sampler.range();
  const double floor = outside == OutsideGrid::kZero ? std::min(0.0F, low) : low;
  const double width = std::min(0.01, std::max(1e-6, static_cast<double>(high) - floor) / kBins);
  const auto bins = static_cast<size_t>(std::ceil((static_cast<double>(high) - floor) / width)) + 1;
  const auto fresh = [&] {
    Tally tally;
    tally.histogram = DoseHistogram(floor, width, bins);
    return tally;
  };
  const int64_t ni = mask.box.end[0] - mask.box.begin[0], nj = mask.box.end[1] - mask.box.begin[1];
  const int64_t nk = mask.box.end[2] - mask.box.begin[2];
  Tally tally = OrderedReduce<Tally>(
      exec, nk, std::max<int64_t>(4, nk / 16), fresh(),
      [&](int64_t begin, int64_t end) {
        Tally part = fresh();
        for (int64_t k = begin; k < end; ++k) {
          for (int64_t j = 0; j < nj; ++j) {
            const float* row = mask.coverage.data() + (k * nj + j) * ni;
            for (int64_t i = 0; i < ni; ++i) {
              if (row[i] <= 0) continue;
              const Vec3 p = mask.grid.IndexToPatient({static_cast<double>(mask.box.begin[0] + i),
                                                       static_cast<double>(mask.box.begin[1] + j),
                                                       static_cast<double>(mask.box.begin[2] + k)});
              const double weight = static_cast<double>(row[i]);
              ++part.voxels;
              auto gray = sampler.At(p.x, p.y, p.z);
              (gray ? part.inside : part.outside) += weight;
              if (!gray) {
                if (outside == OutsideGrid::kExclude) continue;
                gray = outside == OutsideGrid::kZero ? 0.0F : sampler.Nearest(p.x, p.y, p.z);
              }
              part.histogram.AddPart(*gray, 0, weight);
              part.dose_volume += weight * static_cast<double>(*gray);
              part.least = std::min(part.least, *gray);
              part.most = std::max(part.most, *gray);
            }
          }
        }
        part.histogram.Flush();
        return part;
      },
      [](Tally& into, Tally&& part) {
        into.histogram.Merge(part.histogram);
        into.inside += part.inside;
        into.outside += part.outside;
        into.dose_volume += part.dose_volume;
        into.least = std::min(into.least, part.least);
        into.most = std::max(into.most, part.most);
        into.voxels += part.voxels;
      });

  const double voxel = mask.grid.voxel_volume_cc(), whole = tally.inside + tally.outside;
  const double counted = outside == OutsideGrid::kExclude ? tally.inside : whole;
  dvh.volume_cc = whole * voxel;
  dvh.curve_cc = counted * voxel;
  dvh.covered_fraction = tally.inside / whole;
  dvh.samples = tally.voxels;
  dvh.low_gy = floor;
  dvh.bin_gy = width;
  dvh.cumulative_cc = tally.histogram.Cumulative();
  for (double& value : dvh.cumulative_cc) value *= voxel;
  if (counted > 0) {
    dvh.mean_gy = tally.dose_volume / counted;
    dvh.min_gy = static_cast<double>(tally.least);
    dvh.max_gy = static_cast<double>(tally.most);
  }
  AddCoverageFindings(dvh);
  return dvh;
}

}  // namespace isovox
