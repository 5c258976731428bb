// Q is similar to A A^T with A(i, j) = p(i, j) / sqrt(px(i) py(j)), whose largest eigenvalue is 1; a symmetric A has the roots
// of its eigenvalues.
#include "radiomics/maximal_correlation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "radiomics/eigenvalues.h"

namespace isovox::radiomics {
namespace {

template <typename Pairs>
double Coefficient(const Matrix<Pairs>& matrix) {
  const auto& [pairs, one_way] = matrix;
  const size_t width = pairs.width();
  std::vector<double> p, rows(width, 0), columns(width, 0);
  for (size_t a = 1; a < width; ++a) {
    for (size_t b = 1; b < width; ++b) {
      p.push_back(static_cast<double>(one_way ? pairs.OneWay(a, b) : pairs.Symmetric(a, b)));
      rows[a] += p.back();
      columns[b] += p.back();
    }
  }
  std::vector<size_t> present;
  for (size_t a = 1; a < width; ++a) {
    if (rows[a] > 0) present.push_back(a);
  }
  if (present.empty()) return std::nan("");
  if (present.size() == 1) return width == 2 ? 1 : 0;
  const auto at = [&](size_t a, size_t b) {
    return columns[b] > 0 ? p[(a - 1) * (width - 1) + b - 1] / std::sqrt(rows[a] * columns[b]) : 0;
  };
  std::vector<double> similar;
  for (const size_t a : present) {
    for (const size_t b : present) {
      if (!one_way) {
        similar.push_back(at(a, b));
        continue;
      }
      double sum = 0;
      for (size_t k = 1; k < width; ++k) sum += at(a, k) * at(b, k);
      similar.push_back(sum);
    }
  }
  std::vector<double> values = SymmetricEigenvalues(std::move(similar), static_cast<int>(present.size()));
  for (double& value : values) value = std::abs(value);
  std::nth_element(values.begin(), values.begin() + 1, values.end(), std::greater<>());
  return one_way ? std::sqrt(values[1]) : values[1];
}

}  // namespace

double MaximalCorrelation(const Matrix<PairCounts>& matrix) { return Coefficient(matrix); }
double MaximalCorrelation(const Matrix<WeightedPairs>& matrix) { return Coefficient(matrix); }

}  // namespace isovox::radiomics
