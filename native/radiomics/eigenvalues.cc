#include "radiomics/eigenvalues.h"

#include <algorithm>
#include <cmath>

namespace isovox::radiomics {

std::vector<double> SymmetricEigenvalues(std::vector<double> a, int n) {
  const auto at = [&](int row, int column) -> double& { return a[static_cast<size_t>(row) * static_cast<size_t>(n) + static_cast<size_t>(column)]; };
  std::vector<double> diagonal(static_cast<size_t>(n)), beside(static_cast<size_t>(n) + 1, 0);
  // Row by row from the last: a reflection turns the part of row i left of the diagonal into one element.
  for (int i = n - 1; i > 0; --i) {
    double norm = 0;
    for (int k = 0; k < i; ++k) norm += at(i, k) * at(i, k);
    const double head = at(i, i - 1);
    const double alpha = head > 0 ? -std::sqrt(norm) : std::sqrt(norm);
    beside[static_cast<size_t>(i)] = alpha;
    const double h = norm - head * alpha;
    if (h == 0) continue;
    at(i, i - 1) = head - alpha;
    std::vector<double> p(static_cast<size_t>(i), 0);
    double projection = 0;
    for (int j = 0; j < i; ++j) {
      double sum = 0;
      for (int k = 0; k <= j; ++k) sum += at(j, k) * at(i, k);
      for (int k = j + 1; k < i; ++k) sum += at(k, j) * at(i, k);
      p[static_cast<size_t>(j)] = sum / h;
      projection += p[static_cast<size_t>(j)] * at(i, j);
    }
    const double half = projection / (2 * h);
    for (int j = 0; j < i; ++j) p[static_cast<size_t>(j)] -= half * at(i, j);
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k <= j; ++k) at(j, k) -= at(i, j) * p[static_cast<size_t>(k)] + p[static_cast<size_t>(j)] * at(i, k);
    }
  }
  for (int i = 0; i < n; ++i) diagonal[static_cast<size_t>(i)] = at(i, i);
  std::vector<double>& d = diagonal;
  std::vector<double> e(beside.begin() + 1, beside.end());  // e[i] joins i and i + 1
  for (size_t l = 0; l < d.size(); ++l) {
    for (int iteration = 0; iteration < 64; ++iteration) {
      size_t m = l;
      while (m + 1 < d.size() && std::abs(e[m]) > 1e-16 * (std::abs(d[m]) + std::abs(d[m + 1]))) ++m;
      if (m == l) break;
      double g = (d[l + 1] - d[l]) / (2 * e[l]);
      double r = std::hypot(g, 1.0);
      g = d[m] - d[l] + e[l] / (g + (g >= 0 ? r : -r));
      double s = 1, c = 1, p = 0;
      bool underflow = false;
      for (size_t i = m; i-- > l;) {
        const double f = s * e[i], b = c * e[i];
        r = std::hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
          d[i + 1] -= p;
          e[m] = 0;
          underflow = true;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (underflow) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  return diagonal;
}

}  // namespace isovox::radiomics
