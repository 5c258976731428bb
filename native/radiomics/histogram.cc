// Intensity histogram (IBSI 1 chapter 3.4, ZVCW): the statistics of discretised intensities, and of their counts.
#include <algorithm>
#include <cmath>

#include "radiomics/family.h"
#include "radiomics/moments.h"

namespace isovox::radiomics {
namespace {

struct Histogram {
  Moments moments;
  std::vector<double> count;  // of levels 1 to top
  double mode = 0, entropy = 0, uniformity = 0;
  double max_gradient = 0, max_gradient_level = 0, min_gradient = 0, min_gradient_level = 0;
};

Histogram HistogramOf(const Discretised& discretised) {
  Histogram h;
  const std::vector<Counted> levels = CountsOf(discretised.level);
  h.moments = MomentsOf(levels);
  h.count.assign(static_cast<size_t>(discretised.top), 0);
  for (const auto& [level, times] : levels) h.count[static_cast<size_t>(level) - 1] = times;
  const double most = *std::max_element(h.count.begin(), h.count.end());
  for (size_t b = 0; b < h.count.size(); ++b) {
    if (h.count[b] == 0) continue;
    const auto level = static_cast<double>(b + 1);
    const double p = h.count[b] / h.moments.n;
    h.entropy -= p * std::log2(p);
    h.uniformity += p * p;
    // Of several modes the one nearest to the mean counts.
    if (h.count[b] == most && (h.mode == 0 || std::abs(level - h.moments.mean) < std::abs(h.mode - h.moments.mean))) {
      h.mode = level;
    }
  }
  const size_t last = h.count.size() - 1;
  for (size_t b = 0; b <= last && last > 0; ++b) {
    const double gradient = b == 0      ? h.count[1] - h.count[0]
                            : b == last ? h.count[last] - h.count[last - 1]
                                        : (h.count[b + 1] - h.count[b - 1]) / 2;
    if (b == 0 || gradient > h.max_gradient) {
      h.max_gradient = gradient;
      h.max_gradient_level = static_cast<double>(b + 1);
    }
    if (b == 0 || gradient < h.min_gradient) {
      h.min_gradient = gradient;
      h.min_gradient_level = static_cast<double>(b + 1);
    }
  }
  if (last == 0) h.max_gradient_level = h.min_gradient_level = 1;
  return h;
}

using H = Histogram;

constexpr Formula<H> kFormulas[] = {
    {{"ih_mean", "X6K6", "1", "Mean discretised intensity"}, [](const H& h) { return h.moments.mean; }},
    {{"ih_var", "CH89", "1", "Discretised intensity variance"}, [](const H& h) { return h.moments.variance; }},
    {{"ih_skew", "88K1", "1", "Discretised intensity skewness"}, [](const H& h) { return h.moments.skewness; }},
    {{"ih_kurt", "C3I7", "1", "Excess discretised intensity kurtosis"}, [](const H& h) { return h.moments.kurtosis; }},
    {{"ih_median", "WIFQ", "1", "Median discretised intensity"}, [](const H& h) { return h.moments.median; }},
    {{"ih_min", "1PR8", "1", "Minimum discretised intensity"}, [](const H& h) { return h.moments.min; }},
    {{"ih_p10", "GPMT", "1", "10th discretised intensity percentile"}, [](const H& h) { return h.moments.p10; }},
    {{"ih_p90", "OZ0C", "1", "90th discretised intensity percentile"}, [](const H& h) { return h.moments.p90; }},
    {{"ih_max", "3NCY", "1", "Maximum discretised intensity"}, [](const H& h) { return h.moments.max; }},
    {{"ih_mode", "AMMC", "1", "Intensity histogram mode"}, [](const H& h) { return h.mode; }},
    {{"ih_iqr", "WR0O", "1", "Discretised intensity interquartile range"},
     [](const H& h) { return h.moments.p75 - h.moments.p25; }},
    {{"ih_range", "5Z3W", "1", "Discretised intensity range"}, [](const H& h) { return h.moments.max - h.moments.min; }},
    {{"ih_mad", "D2ZX", "1", "Mean absolute deviation of the histogram"},
     [](const H& h) { return h.moments.mean_deviation; }},
    {{"ih_rmad", "WRZB", "1", "Robust mean absolute deviation of the histogram"},
     [](const H& h) { return h.moments.robust_mean_deviation; }},
    {{"ih_medad", "4RNL", "1", "Median absolute deviation of the histogram"},
     [](const H& h) { return h.moments.median_deviation; }},
    {{"ih_cov", "CWYJ", "1", "Coefficient of variation of the histogram"},
     [](const H& h) { return std::sqrt(h.moments.variance) / h.moments.mean; }},
    {{"ih_qcod", "SLWD", "1", "Quartile coefficient of dispersion of the histogram"},
     [](const H& h) { return (h.moments.p75 - h.moments.p25) / (h.moments.p75 + h.moments.p25); }},
    {{"ih_entropy", "TLU2", "bit", "Discretised intensity entropy"}, [](const H& h) { return h.entropy; }},
    {{"ih_uniformity", "BJ5W", "1", "Discretised intensity uniformity"}, [](const H& h) { return h.uniformity; }},
    {{"ih_max_grad", "12CE", "1", "Maximum histogram gradient"}, [](const H& h) { return h.max_gradient; }},
    {{"ih_max_grad_g", "8E6O", "1", "Maximum histogram gradient grey level"},
     [](const H& h) { return h.max_gradient_level; }},
    {{"ih_min_grad", "VQB3", "1", "Minimum histogram gradient"}, [](const H& h) { return h.min_gradient; }},
    {{"ih_min_grad_g", "RHQZ", "1", "Minimum histogram gradient grey level"},
     [](const H& h) { return h.min_gradient_level; }},
};

void Compute(const Subject& subject, const Exec&, Values& values) {
  Evaluate(kFormulas, HistogramOf(*subject.discretised), values.Row(0));
}

}  // namespace

Family HistogramFamily() {
  return {"histogram", "ZVCW", "Intensity histogram", InfosOf(kFormulas), {}, true, false, Compute};
}

}  // namespace isovox::radiomics
