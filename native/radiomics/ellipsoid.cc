#include "radiomics/ellipsoid.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

#include "filters/symmetric_eigen.h"

namespace isovox::radiomics {

std::array<double, 3> VariancesOf(const std::array<double, 6>& m) {
  std::array<double, 3> values = filters::EigenOf({{{m[0], m[3], m[4]}, {m[3], m[1], m[5]}, {m[4], m[5], m[2]}}}).values;
  for (double& value : values) value = std::max(value, 0.0);
  return values;
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

constexpr double kTolerance = 1e-4;  // of the distances at the optimum, relative

// Weighted points whose scatter is that of the smallest ellipsoid around them (M. J. Todd and E. A. Yildirim, 2007):
// steps towards the farthest point, or away from the nearest that counts. A point p is q = (1, p), the moments are
// M = sum of w q q^T, and q^T M^-1 q is 1 + the squared distance in the ellipsoid's measure. At the optimum it is 4 for
// every point that counts. A step is of rank one, so that distances and the inverse follow in closed form.
class EllipsoidFit {
 public:
  void Add(const Vec3& point) {
    points_.push_back(point);
    weights_.push_back(0);
    distances_.push_back(0);
  }
  void WeighAlike() { std::fill(weights_.begin(), weights_.end(), 1.0 / static_cast<double>(points_.size())); }

  void Run() {
    constexpr int kMeasureAgain = 200;  // rounding does not add up
    for (int iteration = 0; iteration < 100000; ++iteration) {
      if (iteration % kMeasureAgain == 0) Measure();
      size_t far = 0, near = 0;
      double most = -1, least = 1e300;
      for (size_t p = 0; p < points_.size(); ++p) {
        if (distances_[p] > most) {
          most = distances_[p];
          far = p;
        }
        if (distances_[p] < least && weights_[p] > 0) {
          least = distances_[p];
          near = p;
        }
      }
      const double above = most / 4 - 1, below = 1 - least / 4;
      if (std::max(above, below) < kTolerance) break;
      if (above >= below) {
        Step(far, (most - 4) / (4 * (most - 1)));
      } else {
        Step(near, -std::min((4 - least) / (4 * (least - 1)), weights_[near] / (1 - weights_[near])));
      }
    }
    Measure();
  }

  double DistanceOf(const Vec3& p) const {
    double sum = 0;
    const std::array<double, 4> q{1, p.x, p.y, p.z};
    for (size_t r = 0; r < 4; ++r) {
      for (size_t c = 0; c < 4; ++c) sum += q[r] * inverse_[r][c] * q[c];
    }
    return sum;
  }
  const std::array<double, 6>& scatter() const { return scatter_; }

 private:
  // Weight moves by a share `step` of all to point p, away from it when negative.
  void Step(size_t p, double step) {
    std::array<double, 4> v;
    for (size_t r = 0; r < 4; ++r) {
      v[r] = inverse_[r][0] + inverse_[r][1] * points_[p].x + inverse_[r][2] * points_[p].y + inverse_[r][3] * points_[p].z;
    }
    const double left = 1 - step, share = step / (left + step * distances_[p]);
    for (size_t r = 0; r < 4; ++r) {
      for (size_t c = 0; c < 4; ++c) inverse_[r][c] = (inverse_[r][c] - share * v[r] * v[c]) / left;
    }
    for (size_t n = 0; n < points_.size(); ++n) {
      const double c = v[0] + v[1] * points_[n].x + v[2] * points_[n].y + v[3] * points_[n].z;
      distances_[n] = (distances_[n] - share * c * c) / left;
      weights_[n] *= left;
    }
    weights_[p] = std::max(0.0, weights_[p] + step);
  }

  void Measure() {
    Vec3 m;
    for (size_t p = 0; p < points_.size(); ++p) m = m + weights_[p] * points_[p];
    scatter_ = {};
    for (size_t p = 0; p < points_.size(); ++p) {
      const Vec3 d = points_[p] - m;
      const double w = weights_[p];
      scatter_[0] += w * d.x * d.x;
      scatter_[1] += w * d.y * d.y;
      scatter_[2] += w * d.z * d.z;
      scatter_[3] += w * d.x * d.y;
      scatter_[4] += w * d.x * d.z;
      scatter_[5] += w * d.y * d.z;
    }
    // By blocks: the scatter's inverse, and the centre's part.
    const std::array<double, 6> s = Inverse(scatter_);
    const std::array<double, 3> centre{m.x, m.y, m.z};
    const double block[3][3] = {{s[0], s[3], s[4]}, {s[3], s[1], s[5]}, {s[4], s[5], s[2]}};
    inverse_[0][0] = 1;
    for (size_t r = 0; r < 3; ++r) {
      double along = 0;
      for (size_t c = 0; c < 3; ++c) {
        along += block[r][c] * centre[c];
        inverse_[r + 1][c + 1] = block[r][c];
      }
      inverse_[r + 1][0] = inverse_[0][r + 1] = -along;
      inverse_[0][0] += along * centre[r];
    }
    for (size_t p = 0; p < points_.size(); ++p) distances_[p] = DistanceOf(points_[p]);
  }

  std::vector<Vec3> points_;
  std::vector<double> weights_, distances_;
  std::array<std::array<double, 4>, 4> inverse_{};
  std::array<double, 6> scatter_{};
};

// The points that reach farthest along a few directions.
std::vector<size_t> OutermostOf(const std::vector<Vec3>& points) {
  std::vector<size_t> out;
  for (int x = -1; x <= 1; ++x) {
    for (int y = -1; y <= 1; ++y) {
      for (int z = -1; z <= 1; ++z) {
        const Vec3 along{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        size_t far = 0;
        for (size_t p = 1; p < points.size(); ++p) {
          if (Dot(points[p], along) > Dot(points[far], along)) far = p;
        }
        if (std::find(out.begin(), out.end(), far) == out.end()) out.push_back(far);
      }
    }
  }
  return out;
}

}  // namespace

std::array<double, 3> SmallestEllipsoid(const std::vector<Vec3>& points) {
  // Few points carry the ellipsoid: those that lie outside the one of the points so far join them until none does.
  EllipsoidFit fit;
  std::vector<uint8_t> taken(points.size(), 0);
  for (const size_t p : OutermostOf(points)) {
    fit.Add(points[p]);
    taken[p] = 1;
  }
  fit.WeighAlike();
  constexpr size_t kJoining = 8;
  for (int round = 0; round < 1000; ++round) {
    fit.Run();
    std::vector<std::pair<double, size_t>> outside;
    for (size_t p = 0; p < points.size(); ++p) {
      const double distance = fit.DistanceOf(points[p]);
      if (taken[p] == 0 && distance > 4 * (1 + kTolerance)) outside.emplace_back(-distance, p);
    }
    if (outside.empty()) break;
    std::sort(outside.begin(), outside.end());
    for (size_t n = 0; n < std::min(outside.size(), kJoining); ++n) {
      fit.Add(points[outside[n].second]);
      taken[outside[n].second] = 1;
    }
  }
  const auto [a, b, c] = VariancesOf(fit.scatter());
  return {std::sqrt(3 * a), std::sqrt(3 * b), std::sqrt(3 * c)};
}

}  // namespace isovox::radiomics
