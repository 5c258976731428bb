#include "radiomics/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace isovox::radiomics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The regularised incomplete beta function by Lentz's continued fraction (Abramowitz and Stegun 26.5.8).
double IncompleteBeta(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - IncompleteBeta(1 - x, b, a);
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x)) / a;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < 1e-300 ? 1e-300 : d);
  double h = d;
  for (int m = 1; m < 2000; ++m) {
    for (const bool odd : {false, true}) {
      const double k = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                           : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 + k * d;
      c = 1 + k / c;
      d = 1 / (std::abs(d) < 1e-300 ? 1e-300 : d);
      c = std::abs(c) < 1e-300 ? 1e-300 : c;
      h *= d * c;
    }
    if (std::abs(d * c - 1) < 1e-16) break;
  }
  return front * h;
}

// Linear between the neighbours in rank. REQUIRES: not empty.
double QuantileOf(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double at = p * static_cast<double>(values.size() - 1);
  const auto low = static_cast<size_t>(at);
  const double t = at - static_cast<double>(low);
  return low + 1 < values.size() ? values[low] + t * (values[low + 1] - values[low]) : values[low];
}

// Ranks from 1, the mean of them where values are equal.
std::vector<double> Ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t n = 0; n < order.size();) {
    size_t end = n;
    while (end < order.size() && values[order[end]] == values[order[n]]) ++end;
    for (size_t e = n; e < end; ++e) ranks[order[e]] = static_cast<double>(n + end + 1) / 2;
    n = end;
  }
  return ranks;
}

double Correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n, my = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (size_t v = 0; v < x.size(); ++v) {
    xy += (x[v] - mx) * (y[v] - my);
    xx += (x[v] - mx) * (x[v] - mx);
    yy += (y[v] - my) * (y[v] - my);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

void AddIcc(const Measurements& m, Agreement& out) {
  const auto n = static_cast<double>(m.subjects), k = static_cast<double>(m.times);
  if (m.subjects < 2 || m.times < 2) return;
  double grand = 0;
  for (const double x : m.values) grand += x;
  grand /= n * k;
  double total = 0, rows = 0, columns = 0;
  for (const double x : m.values) total += (x - grand) * (x - grand);
  for (int64_t s = 0; s < m.subjects; ++s) {
    const auto row = m.Of(s);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / k;
    rows += k * (mean - grand) * (mean - grand);
  }
  for (int64_t t = 0; t < m.times; ++t) {
    double mean = 0;
    for (int64_t s = 0; s < m.subjects; ++s) mean += m.Of(s)[static_cast<size_t>(t)] / n;
    columns += n * (mean - grand) * (mean - grand);
  }
  const double d1 = n - 1, d2 = (n - 1) * (k - 1);
  const double msr = rows / d1, mse = std::max(total - rows - columns, 0.0) / d2;
  if (!(msr > 0)) return;
  out.icc = (msr - mse) / (msr + (k - 1) * mse);
  const double f = msr / mse;
  if (!std::isfinite(f) || f > 1e25) {
    out.icc_low = out.icc_high = out.icc;
    return;
  }
  const double low = f / FisherQuantile(0.975, d1, d2), high = f * FisherQuantile(0.975, d2, d1);
  out.icc_low = (low - 1) / (low + k - 1);
  out.icc_high = (high - 1) / (high + k - 1);
}

}  // namespace

double FisherQuantile(double p, double d1, double d2) {
  // Bisection on x = d1 f / (d1 f + d2), which lies in (0, 1).
  double low = 0, high = 1;
  for (int n = 0; n < 200 && high - low > 0; ++n) {
    const double middle = (low + high) / 2;
    if (middle == low || middle == high) break;
    (IncompleteBeta(middle, d1 / 2, d2 / 2) < p ? low : high) = middle;
  }
  return d2 * low / (d1 * (1 - low));
}

Agreement AgreementOf(const Measurements& m) {
  Agreement out{kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN};
  if (m.values.empty() || !std::all_of(m.values.begin(), m.values.end(), [](double x) { return std::isfinite(x); })) return out;
  AddIcc(m, out);
  if (m.times < 2 || !std::all_of(m.values.begin(), m.values.end(), [](double x) { return x > 0; })) return out;
  std::vector<double> cov, qcd;
  for (int64_t s = 0; s < m.subjects; ++s) {
    const auto row = m.Of(s);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
    double square = 0;
    for (const double x : row) square += (x - mean) * (x - mean);
    cov.push_back(100 * std::sqrt(square / static_cast<double>(row.size() - 1)) / mean);
    const std::vector<double> values(row.begin(), row.end());
    const double q1 = QuantileOf(values, 0.25), q3 = QuantileOf(values, 0.75);
    qcd.push_back((q3 - q1) / (q3 + q1));
  }
  out.cov_pct = QuantileOf(cov, 0.5);
  out.cov_q1_pct = QuantileOf(cov, 0.25);
  out.cov_q3_pct = QuantileOf(cov, 0.75);
  out.qcd = QuantileOf(qcd, 0.5);
  return out;
}

std::vector<bool> Distinct(std::span<const double> rows, int64_t features, int64_t subjects, double limit) {
  std::vector<bool> keep(static_cast<size_t>(features), false);
  std::vector<std::vector<double>> kept;
  for (int64_t f = 0; f < features; ++f) {
    const auto row = rows.subspan(static_cast<size_t>(f * subjects), static_cast<size_t>(subjects));
    if (!std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); })) continue;
    std::vector<double> ranks = Ranks(row);
    const bool alike = std::any_of(kept.begin(), kept.end(), [&](const auto& other) { return std::abs(Correlation(ranks, other)) > limit; });
    if (alike) continue;
    keep[static_cast<size_t>(f)] = true;
    kept.push_back(std::move(ranks));
  }
  return keep;
}

}  // namespace isovox::radiomics
