// Intensity-volume histogram (IBSI 1 chapter 3.5, P88C): which fraction of the volume has at least an intensity, over the
// re-segmentation range where one is given, else over the intensities that occur.
#include <algorithm>
#include <cmath>

#include "radiomics/family.h"
#include "radiomics/intensities.h"

namespace isovox::radiomics {
namespace {

// Ascending intensities and the fraction of the volume at or above each.
struct Curve {
  std::vector<double> intensity, fraction;
  double beyond = 0;  // the intensity that no voxel reaches

  // The largest volume fraction among intensities that are at least `share` of the way through the range.
  double VolumeAt(double share) const {
    const double low = intensity.front(), span = intensity.back() - low;
    for (size_t g = 0; g < intensity.size(); ++g) {
      if (span == 0 || (intensity[g] - low) / span >= share - 1e-12) return fraction[g];
    }
    return 0;
  }
  // The lowest intensity that at most `share` of the volume reaches.
  double IntensityAt(double share) const {
    for (size_t g = 0; g < intensity.size(); ++g) {
      if (fraction[g] <= share + 1e-12) return intensity[g];
    }
    return beyond;
  }
  double Area() const {
    double area = 0;
    for (size_t g = 1; g < intensity.size(); ++g) {
      area += (fraction[g - 1] + fraction[g]) / 2 * (intensity[g] - intensity[g - 1]);
    }
    const double span = intensity.back() - intensity.front();
    return span > 0 ? area / span : 0;
  }
};

Curve CurveOf(const Region& region, const Discretisation& how) {
  std::vector<double> values = IntensitiesOf(region);
  std::sort(values.begin(), values.end());
  const auto fill = [&](Curve& curve) {
    const auto n = static_cast<double>(values.size());
    auto from = values.begin();
    for (const double g : curve.intensity) {
      from = std::lower_bound(from, values.end(), g);
      curve.fraction.push_back(static_cast<double>(values.end() - from) / n);
    }
  };
  Curve curve;
  const bool whole = std::all_of(values.begin(), values.end(), [](double x) { return x == std::floor(x); });
  if (how.method == Binning::kNone && !whole) {
    curve.intensity = values;
    curve.intensity.erase(std::unique(curve.intensity.begin(), curve.intensity.end()), curve.intensity.end());
    curve.beyond = values.back();
    fill(curve);
    return curve;
  }
  double low = region.range_given[0] ? region.intensity_range[0] : values.front();
  double high = region.range_given[1] ? region.intensity_range[1] : values.back();
  double step = 1;
  if (how.method == Binning::kFixedCount) {
    const Discretised levels = Discretise(region, how);
    values.assign(levels.level.begin(), levels.level.end());
    std::sort(values.begin(), values.end());
    low = 1;
    high = static_cast<double>(how.bins);
  } else if (how.method == Binning::kFixedSize) {
    const Discretised levels = Discretise(region, how);
    step = how.width;
    for (size_t v = 0; v < values.size(); ++v) {
      values[v] = levels.first_edge + (static_cast<double>(levels.level[v]) - 0.5) * step;
    }
    std::sort(values.begin(), values.end());
    low = levels.first_edge + 0.5 * step;
    const double bins = region.range_given[1] ? std::ceil((high - levels.first_edge) / step)
                                              : static_cast<double>(levels.top);
    high = low + (bins - 1) * step;
  }
  const auto steps = static_cast<int64_t>(std::round((high - low) / step));
  for (int64_t g = 0; g <= steps; ++g) curve.intensity.push_back(low + static_cast<double>(g) * step);
  curve.beyond = low + static_cast<double>(steps + 1) * step;
  fill(curve);
  return curve;
}

using C = Curve;

constexpr Formula<C> kFormulas[] = {
    {{"ivh_v10", "BC2M", "1", "Volume at intensity fraction 0.10"}, [](const C& c) { return c.VolumeAt(0.1); }},
    {{"ivh_v90", "BC2M", "1", "Volume at intensity fraction 0.90"}, [](const C& c) { return c.VolumeAt(0.9); }},
    {{"ivh_i10", "GBPN", "I", "Intensity at volume fraction 0.10"}, [](const C& c) { return c.IntensityAt(0.1); }},
    {{"ivh_i90", "GBPN", "I", "Intensity at volume fraction 0.90"}, [](const C& c) { return c.IntensityAt(0.9); }},
    {{"ivh_diff_v10_v90", "DDTU", "1", "Volume difference between intensity fractions 0.10 and 0.90"},
     [](const C& c) { return c.VolumeAt(0.1) - c.VolumeAt(0.9); }},
    {{"ivh_diff_i10_i90", "CNV2", "I", "Intensity difference between volume fractions 0.10 and 0.90"},
     [](const C& c) { return c.IntensityAt(0.1) - c.IntensityAt(0.9); }},
    {{"ivh_auc", "9CMM", "1", "Area under the intensity-volume histogram curve"}, [](const C& c) { return c.Area(); }},
};

void Compute(const Subject& subject, const Exec&, Values& values) {
  Evaluate(kFormulas, CurveOf(*subject.region, subject.settings->ivh), values.Row(0));
}

}  // namespace

Family IvhFamily() {
  return {"ivh", "P88C", "Intensity-volume histogram", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
