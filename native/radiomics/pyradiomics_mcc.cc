// PyRadiomics' maximal correlation coefficient: the root of the second largest eigenvalue of
// Q(i, j) = sum over k of p(i, k) p(j, k) / (p(i) p(k)). For a symmetric matrix Q is similar to A^2 with
// A(i, j) = p(i, j) / sqrt(p(i) p(j)), whose largest eigenvalue is 1.
#include <algorithm>
#include <cmath>

#include "radiomics/cooccurrence.h"
#include "radiomics/directions.h"
#include "radiomics/eigenvalues.h"
#include "radiomics/pyradiomics.h"

namespace isovox::radiomics {
namespace {

constexpr Formula<double> kFormulas[] = {
    {{"MCC", "", "1", "Maximal correlation coefficient"}, [](const double& mcc) { return mcc; }},
};

double Coefficient(const PairCounts& counts) {
  std::vector<double> margin(counts.width(), 0);
  std::vector<size_t> present;
  for (size_t a = 1; a < counts.width(); ++a) {
    for (size_t b = 1; b < counts.width(); ++b) margin[a] += counts.Symmetric(a, b);
    if (margin[a] > 0) present.push_back(a);
  }
  if (present.empty()) return std::nan("");
  if (present.size() == 1) return 1;
  std::vector<double> matrix;
  for (const size_t a : present) {
    for (const size_t b : present) matrix.push_back(counts.Symmetric(a, b) / std::sqrt(margin[a] * margin[b]));
  }
  std::vector<double> values = SymmetricEigenvalues(std::move(matrix), static_cast<int>(present.size()));
  for (double& value : values) value = std::abs(value);
  std::nth_element(values.begin(), values.begin() + 1, values.end(), std::greater<>());
  return values[1];
}

void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Levels& levels = *subject.levels;
  const auto& wanted = subject.settings->aggregations;
  const bool flat = wanted[k25dAverage] || wanted[k25dMerged];
  const auto directions = Directions3d(levels, subject.settings->distance, flat);
  std::vector<PairCounts> counts(directions.size(), PairCounts(levels));
  std::vector<double> of_direction(directions.size());
  ParallelFor(exec, static_cast<int64_t>(directions.size()), 1, [&](int64_t begin, int64_t) {
    const auto d = static_cast<size_t>(begin);
    counts[d].Count(levels, 0, levels.spans.size(), directions[d]);
    of_direction[d] = Coefficient(counts[d]);
  });
  const Aggregation average = flat ? k25dAverage : k3dAverage, merged = flat ? k25dMerged : k3dMerged;
  RowMean mean(1);
  for (const double value : of_direction) mean.Add(std::span(&value, 1));
  if (wanted[average]) mean.Store(values.Row(average));
  for (size_t d = 1; d < counts.size(); ++d) counts[0].Merge(counts[d]);
  if (wanted[merged]) values.Row(merged)[0] = Coefficient(counts[0]);
}

}  // namespace

Family PyradiomicsMccFamily() {
  return {"glcm_mcc", "LFYI", "Maximal correlation coefficient", InfosOf(kFormulas), kDirectionalVariants, true, false, Compute};
}

}  // namespace isovox::radiomics
