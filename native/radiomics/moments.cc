#include "radiomics/moments.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace isovox::radiomics {
namespace {

// As NumPy interpolates, to the last bit: whether a value beside a percentile counts as inside hangs on it.
double Between(double below, double above, double part) {
  return part < 0.5 ? below + part * (above - below) : above - (1 - part) * (above - below);
}

// The values of rank floor(r) and the next for each r, ascending; partitions `values` in place.
std::vector<double> AtRanks(std::vector<double>& values, std::span<const double> ranks) {
  std::vector<double> out;
  auto begin = values.begin();
  for (const double rank : ranks) {
    const auto low = static_cast<int64_t>(rank);
    const auto at = values.begin() + low;
    if (at >= begin) {
      std::nth_element(begin, at, values.end());
      begin = at;
    }
    const double below = *at;
    const double above = at + 1 < values.end() ? *std::min_element(at + 1, values.end()) : below;
    out.push_back(Between(below, above, rank - static_cast<double>(low)));
  }
  return out;
}

}  // namespace

// The formulas of the header over distinct values: sums of products instead of sums.
Moments MomentsOf(std::span<const Counted> values) {
  Moments m;
  for (const Counted& each : values) m.n += each.times;
  const double n = m.n;
  m.min = values.front().value;
  m.max = values.back().value;
  double sum = 0;
  for (const auto& [x, times] : values) {
    sum += times * x;
    m.sum_square += times * (x * x);
  }
  m.mean = sum / n;
  double m2 = 0, m3 = 0, m4 = 0;
  for (const auto& [x, times] : values) {
    const double d = x - m.mean, d2 = d * d;
    m2 += times * d2;
    m3 += times * (d2 * d);
    m4 += times * (d2 * d2);
    m.mean_deviation += times * std::abs(d);
  }
  m.variance = m2 / n;
  m.mean_deviation /= n;
  if (m.max > m.min && m.variance > 0) {
    m.skewness = (m3 / n) / std::pow(m.variance, 1.5);
    m.kurtosis = (m4 / n) / (m.variance * m.variance) - 3;
  }
  // The value of a rank is the first whose running count exceeds it.
  const auto at_rank = [&](double part) {
    const double rank = part * (n - 1), low = std::floor(rank);
    double before = 0;
    size_t v = 0;
    while (before + values[v].times <= low) before += values[v++].times;
    const double below = values[v].value;
    const double above = before + values[v].times > low + 1 || v + 1 == values.size() ? below : values[v + 1].value;
    return Between(below, above, rank - low);
  };
  m.p10 = at_rank(0.1);
  m.p25 = at_rank(0.25);
  m.median = at_rank(0.5);
  m.p75 = at_rank(0.75);
  m.p90 = at_rank(0.9);
  double inner = 0, inner_sum = 0;
  for (const auto& [x, times] : values) {
    m.median_deviation += times * std::abs(x - m.median);
    if (x >= m.p10 && x <= m.p90) {
      inner += times;
      inner_sum += times * x;
    }
  }
  m.median_deviation /= n;
  const double inner_mean = inner_sum / inner;
  for (const auto& [x, times] : values) {
    if (x >= m.p10 && x <= m.p90) m.robust_mean_deviation += times * std::abs(x - inner_mean);
  }
  m.robust_mean_deviation /= inner;
  return m;
}

Moments MomentsOf(const Intensities& intensities) {
  const std::vector<double>& values = intensities.values;
  Moments m;
  m.n = static_cast<double>(values.size());
  if (values.empty()) return m;
  if (!intensities.distinct.empty()) return MomentsOf(intensities.distinct);
  double sum = 0;
  m.min = m.max = values[0];
  for (const double x : values) {
    sum += x;
    m.sum_square += x * x;
    m.min = std::min(m.min, x);
    m.max = std::max(m.max, x);
  }
  m.mean = sum / m.n;
  double m2 = 0, m3 = 0, m4 = 0;
  for (const double x : values) {
    const double d = x - m.mean, d2 = d * d;
    m2 += d2;
    m3 += d2 * d;
    m4 += d2 * d2;
    m.mean_deviation += std::abs(d);
  }
  m.variance = m2 / m.n;
  m.mean_deviation /= m.n;
  if (m.max > m.min && m.variance > 0) {
    m.skewness = (m3 / m.n) / std::pow(m.variance, 1.5);
    m.kurtosis = (m4 / m.n) / (m.variance * m.variance) - 3;
  }
  std::vector<double> copy(values.begin(), values.end());
  const double last = m.n - 1;
  const std::array<double, 5> ranks{0.1 * last, 0.25 * last, 0.5 * last, 0.75 * last, 0.9 * last};
  const std::vector<double> at = AtRanks(copy, ranks);
  m.p10 = at[0];
  m.p25 = at[1];
  m.median = at[2];
  m.p75 = at[3];
  m.p90 = at[4];
  double inner = 0, inner_sum = 0;
  for (const double x : values) {
    m.median_deviation += std::abs(x - m.median);
    if (x >= m.p10 && x <= m.p90) {
      inner += 1;
      inner_sum += x;
    }
  }
  m.median_deviation /= m.n;
  const double inner_mean = inner_sum / inner;
  for (const double x : values) {
    if (x >= m.p10 && x <= m.p90) m.robust_mean_deviation += std::abs(x - inner_mean);
  }
  m.robust_mean_deviation /= inner;
  return m;
}

}  // namespace isovox::radiomics
