// Questions to a finished curve: linear between the edges of its bins.
#include <algorithm>

#include "dose/dvh.h"

namespace isovox {

double Dvh::VolumeAt(double gray) const {
  if (empty() || gray > max_gy) return 0;
  if (gray <= min_gy) return curve_cc;
  const double x = (gray - low_gy) / bin_gy;
  if (x <= 0) return cumulative_cc.front();
  const auto bin = static_cast<size_t>(x);
  if (bin + 1 >= cumulative_cc.size()) return 0;
  const double t = x - static_cast<double>(bin);
  return cumulative_cc[bin] + t * (cumulative_cc[bin + 1] - cumulative_cc[bin]);
}

double Dvh::DoseAt(double cc) const {
  if (cc <= 0) return max_gy;
  if (cc >= curve_cc) return min_gy;
  // The last edge with at least cc above it.
  const auto after =
      std::partition_point(cumulative_cc.begin(), cumulative_cc.end(), [cc](double v) { return v >= cc; });
  if (after == cumulative_cc.begin()) return min_gy;
  if (after == cumulative_cc.end()) return max_gy;
  const auto bin = static_cast<size_t>(after - cumulative_cc.begin()) - 1;
  const double drop = cumulative_cc[bin] - cumulative_cc[bin + 1];
  const double t = drop > 0 ? (cumulative_cc[bin] - cc) / drop : 0;
  return std::clamp(low_gy + (static_cast<double>(bin) + t) * bin_gy, min_gy, max_gy);
}

}  // namespace isovox
