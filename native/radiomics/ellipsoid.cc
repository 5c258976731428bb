#include "radiomics/ellipsoid.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace isovox::radiomics {

PrincipalAxes PrincipalAxesOf(const std::array<double, 6>& m) {
  double a[3][3] = {{m[0], m[3], m[4]}, {m[3], m[1], m[5]}, {m[4], m[5], m[2]}};
  double v[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  // Jacobi rotations: each zeroes one element off the diagonal; a 3 x 3 matrix needs about six sweeps.
  for (int sweep = 0; sweep < 32; ++sweep) {
    const double off = std::abs(a[0][1]) + std::abs(a[0][2]) + std::abs(a[1][2]);
    if (off <= 1e-18 * (std::abs(a[0][0]) + std::abs(a[1][1]) + std::abs(a[2][2]))) break;
    for (int p = 0; p < 2; ++p) {
      for (int q = p + 1; q < 3; ++q) {
        if (a[p][q] == 0) continue;
        const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < 3; ++k) {
          const double x = a[k][p], y = a[k][q];
          a[k][p] = c * x - s * y;
          a[k][q] = s * x + c * y;
        }
        for (int k = 0; k < 3; ++k) {
          const double x = a[p][k], y = a[q][k];
          a[p][k] = c * x - s * y;
          a[q][k] = s * x + c * y;
          const double vx = v[k][p], vy = v[k][q];
          v[k][p] = c * vx - s * vy;
          v[k][q] = s * vx + c * vy;
        }
      }
    }
  }
  std::array<int, 3> order{0, 1, 2};
  std::sort(order.begin(), order.end(), [&](int p, int q) { return a[p][p] > a[q][q]; });
  PrincipalAxes out;
  for (size_t e = 0; e < 3; ++e) {
    const int p = order[e];
    out.value[e] = std::max(a[p][p], 0.0);
    out.axis[e] = {v[0][p], v[1][p], v[2][p]};
  }
  return out;
}

double EllipsoidArea(double a, double b, double c) {
  // (alpha beta)^n P_n((alpha^2 + beta^2) / (2 alpha beta)) by the recurrence of P_n, which stays finite at alpha = 0.
  const double alpha2 = 1 - b * b / (a * a), beta2 = 1 - c * c / (a * a);
  const double half = (alpha2 + beta2) / 2, product = alpha2 * beta2;
  double before = 1, now = half, sum = 1;
  for (int n = 1; n <= 20; ++n) {
    sum += now / (1 - 4.0 * n * n);
    const double next = ((2 * n + 1) * half * now - n * product * before) / (n + 1);
    before = now;
    now = next;
  }
  return 4 * std::numbers::pi * a * b * sum;
}

namespace {

// Inverse of the symmetric matrix {xx, yy, zz, xy, xz, yz}.
std::array<double, 6> Inverse(const std::array<double, 6>& m) {
  const double xx = m[1] * m[2] - m[5] * m[5], yy = m[0] * m[2] - m[4] * m[4], zz = m[0] * m[1] - m[3] * m[3];
  const double xy = m[4] * m[5] - m[3] * m[2], xz = m[3] * m[5] - m[4] * m[1], yz = m[3] * m[4] - m[0] * m[5];
  const double det = m[0] * xx + m[3] * xy + m[4] * xz;
  return {xx / det, yy / det, zz / det, xy / det, xz / det, yz / det};
}

}  // namespace

std::array<double, 3> SmallestEllipsoid(const std::vector<Vec3>& points) {
  const size_t n = points.size();
  std::vector<double> weight(n, 1.0 / static_cast<double>(n));
  std::array<double, 6> scatter{};
  for (int iteration = 0; iteration < 2000; ++iteration) {
    Vec3 centre;
    for (size_t p = 0; p < n; ++p) centre = centre + weight[p] * points[p];
    scatter = {};
    for (size_t p = 0; p < n; ++p) {
      const Vec3 d = points[p] - centre;
      const double w = weight[p];
      scatter[0] += w * d.x * d.x;
      scatter[1] += w * d.y * d.y;
      scatter[2] += w * d.z * d.z;
      scatter[3] += w * d.x * d.y;
      scatter[4] += w * d.x * d.z;
      scatter[5] += w * d.y * d.z;
    }
    const std::array<double, 6> inverse = Inverse(scatter);
    size_t far = 0, near = n;
    double most = -1, least = 1e300;
    for (size_t p = 0; p < n; ++p) {
      const Vec3 d = points[p] - centre;
      const double distance = 1 + inverse[0] * d.x * d.x + inverse[1] * d.y * d.y + inverse[2] * d.z * d.z +
                              2 * (inverse[3] * d.x * d.y + inverse[4] * d.x * d.z + inverse[5] * d.y * d.z);
      if (distance > most) {
        most = distance;
        far = p;
      }
      if (weight[p] > 0 && distance < least) {
        least = distance;
        near = p;
      }
    }
    // Every weight at its optimum has distance 4 = dimension + 1.
    const double above = most / 4 - 1, below = 1 - least / 4;
    if (std::max(above, below) < 5e-4) break;
    if (above >= below) {
      const double step = (most - 4) / (4 * (most - 1));
      for (double& w : weight) w *= 1 - step;
      weight[far] += step;
    } else {
      const double step = std::min((4 - least) / (4 * (least - 1)), weight[near] / (1 - weight[near]));
      for (double& w : weight) w *= 1 + step;
      weight[near] = std::max(0.0, weight[near] - step);
    }
  }
  const PrincipalAxes axes = PrincipalAxesOf(scatter);
  return {std::sqrt(3 * axes.value[0]), std::sqrt(3 * axes.value[1]), std::sqrt(3 * axes.value[2])};
}

}  // namespace isovox::radiomics
