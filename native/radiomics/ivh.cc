// Intensity-volume histogram (IBSI 1 chapter 3.5, P88C): which fraction of the volume has at least an intensity, over the
// re-segmentation range where one is given, else over the intensities that occur.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "radiomics/family.h"
#include "simd/binning.h"

namespace isovox::radiomics {
namespace {

constexpr double kMostSteps = 1 << 24;

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

// The distinct values of a list, ascending.
std::vector<Counted> DistinctOf(const Intensities& intensities) {
  if (!intensities.distinct.empty()) return intensities.distinct;
  std::vector<double> values = intensities.values;
  std::sort(values.begin(), values.end());
  std::vector<Counted> out;
  for (const double x : values) {
    if (out.empty() || out.back().value != x) out.push_back({x, 0});
    out.back().times += 1;
  }
  return out;
}

Curve CurveOf(const Exec& exec, const Subject& subject) {
  const Region& region = *subject.region;
  const Discretisation& how = subject.settings->ivh;
  const std::span<const double> all = subject.intensities->values;
  const auto [least, most] = simd::EndsOf(all.data(), static_cast<int64_t>(all.size()));
  double low = region.range_given[0] ? region.intensity_range[0] : least;
  double high = region.range_given[1] ? region.intensity_range[1] : most;
  double step = 1;
  std::vector<Counted> values;
  Curve curve;
  if (how.method == Binning::kNone) {
    values = DistinctOf(*subject.intensities);
    const bool whole = std::all_of(values.begin(), values.end(), [](const Counted& c) { return c.value == std::floor(c.value); });
    if (!whole || high - low > kMostSteps) {
      for (const Counted& each : values) curve.intensity.push_back(each.value);
      curve.beyond = most;
    }
  } else {
    const Discretised levels = Discretise(exec, region, all, how);
    values = CountsOf(levels.level);
    low = 1;
    high = static_cast<double>(how.bins);
    if (how.method == Binning::kFixedSize) {
      step = how.width;
      for (Counted& each : values) each.value = levels.first_edge + (each.value - 0.5) * step;
      low = levels.first_edge + 0.5 * step;
      const double bins = region.range_given[1] ? std::ceil((region.intensity_range[1] - levels.first_edge) / step)
                                                : static_cast<double>(levels.top);
      high = low + (bins - 1) * step;
    }
  }
  if (curve.intensity.empty()) {
    const double steps = std::round((high - low) / step);
    if (steps > kMostSteps) {
      throw Error(ErrorCode::kResource, "Expected at most " + std::to_string(kMostSteps) + " steps of the intensity-volume histogram but the range gives " + std::to_string(steps),
                  {{"limit", std::to_string(kMostSteps)}, {"requested", std::to_string(steps)}});
    }
    for (double g = 0; g <= steps; ++g) curve.intensity.push_back(low + g * step);
    curve.beyond = low + (steps + 1) * step;
  }
  const auto n = static_cast<double>(all.size());
  double reached = n;
  auto next = values.begin();
  for (const double g : curve.intensity) {
    for (; next != values.end() && next->value < g; ++next) reached -= next->times;
    curve.fraction.push_back(reached / n);
  }
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

void Compute(const Subject& subject, const Exec& exec, Values& values) {
  Evaluate(kFormulas, CurveOf(exec, subject), values.Row(0));
}

}  // namespace

Family IvhFamily() {
  return {"ivh", "P88C", "Intensity-volume histogram", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
