#include "volume/spatial_map.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace isovox {

Affine Affine::After(const Affine& inner) const {
  Affine out;
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 4; ++c) {
      double sum = c == 3 ? rows[4 * r + 3] : 0;
      for (size_t n = 0; n < 3; ++n) sum += rows[4 * r + n] * inner.rows[4 * n + c];
      out.rows[4 * r + c] = sum;
    }
  }
  return out;
}

double Affine::Determinant() const {
  const auto& m = rows;
  return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
         m[2] * (m[4] * m[9] - m[5] * m[8]);
}

Affine Affine::Inverse() const {
  const double det = Determinant();
  if (!(std::abs(det) > 1e-9) || !std::isfinite(det)) {
    throw Error(ErrorCode::kGeometry, "A transformation matrix cannot be inverted", {{"what", "determinant"}});
  }
  const auto& m = rows;
  Affine out;
  const auto cofactor = [&](size_t r, size_t c) {
    const size_t r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
    return m[4 * r1 + c1] * m[4 * r2 + c2] - m[4 * r1 + c2] * m[4 * r2 + c1];
  };
  for (size_t r = 0; r < 3; ++r) {
    for (size_t c = 0; c < 3; ++c) out.rows[4 * r + c] = cofactor(c, r) / det;
    out.rows[4 * r + 3] = 0;
  }
  const Vec3 back = out({m[3], m[7], m[11]});
  out.rows[3] = -back.x;
  out.rows[7] = -back.y;
  out.rows[11] = -back.z;
  return out;
}

std::optional<Vec3> DisplacementField::At(Vec3 position) const {
  const Vec3 d = position - grid.origin;
  const std::array<double, 3> at{Dot(d, grid.axes.i) / grid.spacing[0], Dot(d, grid.axes.j) / grid.spacing[1],
                                 Dot(d, grid.axes.k) / grid.spacing[2]};
  std::array<int64_t, 3> node{}, next{};
  std::array<double, 3> part{};
  for (size_t a = 0; a < 3; ++a) {
    constexpr double kRounding = 1e-6;
    const auto last = static_cast<double>(grid.size[a] - 1);
    if (!(at[a] >= -kRounding && at[a] <= last + kRounding)) return std::nullopt;
    const double x = std::clamp(at[a], 0.0, last);
    node[a] = std::min(static_cast<int64_t>(x), std::max<int64_t>(0, grid.size[a] - 2));
    next[a] = std::min(node[a] + 1, grid.size[a] - 1);
    part[a] = x - static_cast<double>(node[a]);
  }
  std::array<double, 3> sum{};
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1;
    std::array<int64_t, 3> index{};
    for (size_t a = 0; a < 3; ++a) {
      const bool upper = (corner >> a & 1) != 0;
      weight *= upper ? part[a] : 1 - part[a];
      index[a] = upper ? next[a] : node[a];
    }
    if (weight == 0) continue;
    const float* v = vectors.data() + 3 * ((index[2] * grid.size[1] + index[1]) * grid.size[0] + index[0]);
    for (size_t a = 0; a < 3; ++a) sum[a] += weight * static_cast<double>(v[a]);
  }
  if (!std::isfinite(sum[0] + sum[1] + sum[2])) return std::nullopt;
  return Vec3{sum[0], sum[1], sum[2]};
}

}  // namespace isovox
