// For a symmetric matrix Q is similar to A^2 with A(i, j) = p(i, j) / sqrt(p(i) p(j)), whose largest eigenvalue is 1.
#include "radiomics/maximal_correlation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "radiomics/eigenvalues.h"

namespace isovox::radiomics {
namespace {

template <typename Pairs>
double Coefficient(const Pairs& counts) {
  std::vector<double> margin(counts.width(), 0);
  std::vector<size_t> present;
  for (size_t a = 1; a < counts.width(); ++a) {
    for (size_t b = 1; b < counts.width(); ++b) margin[a] += counts.Symmetric(a, b);
    if (margin[a] > 0) present.push_back(a);
  }
  if (present.empty()) return std::nan("");
  if (present.size() == 1) return counts.width() == 2 ? 1 : 0;
  std::vector<double> matrix;
  for (const size_t a : present) {
    for (const size_t b : present) matrix.push_back(counts.Symmetric(a, b) / std::sqrt(margin[a] * margin[b]));
  }
  std::vector<double> values = SymmetricEigenvalues(std::move(matrix), static_cast<int>(present.size()));
  for (double& value : values) value = std::abs(value);
  std::nth_element(values.begin(), values.begin() + 1, values.end(), std::greater<>());
  return values[1];
}

}  // namespace

double MaximalCorrelation(const PairCounts& counts) { return Coefficient(counts); }
double MaximalCorrelation(const WeightedPairs& counts) { return Coefficient(counts); }

}  // namespace isovox::radiomics
