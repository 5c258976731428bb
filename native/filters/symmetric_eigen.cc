#include "filters/symmetric_eigen.h"

#include <algorithm>
#include <cmath>

namespace isovox::filters {

Eigen3 EigenOf(Matrix3 m) {
  Matrix3 v{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};  // columns
  for (int sweep = 0; sweep < 32; ++sweep) {
    const double off = std::abs(m[0][1]) + std::abs(m[0][2]) + std::abs(m[1][2]);
    if (off <= 1e-300 || off < 1e-17 * (std::abs(m[0][0]) + std::abs(m[1][1]) + std::abs(m[2][2]))) break;
    for (size_t p = 0; p < 2; ++p) {
      for (size_t q = p + 1; q < 3; ++q) {
        if (m[p][q] == 0) continue;
        const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (size_t k = 0; k < 3; ++k) {
          const double a = m[k][p], b = m[k][q];
          m[k][p] = c * a - s * b;
          m[k][q] = s * a + c * b;
        }
        for (size_t k = 0; k < 3; ++k) {
          const double a = m[p][k], b = m[q][k];
          m[p][k] = c * a - s * b;
          m[q][k] = s * a + c * b;
        }
        for (size_t k = 0; k < 3; ++k) {
          const double a = v[k][p], b = v[k][q];
          v[k][p] = c * a - s * b;
          v[k][q] = s * a + c * b;
        }
      }
    }
  }
  std::array<size_t, 3> order{0, 1, 2};
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return m[a][a] > m[b][b]; });
  Eigen3 out;
  for (size_t a = 0; a < 3; ++a) {
    out.values[a] = m[order[a]][order[a]];
    for (size_t k = 0; k < 3; ++k) out.vectors[a][k] = v[k][order[a]];
    const auto& row = out.vectors[a];
    const double largest = *std::max_element(row.begin(), row.end(), [](double x, double y) { return std::abs(x) < std::abs(y); });
    if (largest < 0) {
      for (double& x : out.vectors[a]) x = -x;
    }
  }
  return out;
}

}  // namespace isovox::filters
