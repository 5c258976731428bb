#include "dose/indices.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

// A cell that the level cuts is looked at in this many parts along each axis.
constexpr int kParts = 4;

}  // namespace

Conformity ComputeConformity(const Dvh& target, double rx_gy, double piv_cc, double half_cc) {
  Conformity c;
  c.target_cc = target.volume_cc;
  c.prescription_cc = piv_cc;
  c.covered_cc = target.VolumeAt(rx_gy);
  if (c.target_cc > 0) {
    c.rtog = piv_cc / c.target_cc;
    c.lomax_salt = c.covered_cc / c.target_cc;
  }
  if (piv_cc > 0) {
    c.lomax_healthy_tissue = c.covered_cc / piv_cc;
    c.gradient = half_cc / piv_cc;
  }
  if (c.target_cc > 0 && piv_cc > 0) c.paddick = c.covered_cc * c.covered_cc / (c.target_cc * piv_cc);
  return c;
}

double GridVolumeAt(const DoseGrid& dose, double gray, const Exec& exec) {
  const Grid& grid = dose.grid;
  const auto [ni, nj, nk] = grid.size;
  if (ni < 2 || nj < 2 || nk < 2) return 0;
  const float* values = dose.gray().data();
  const auto level = static_cast<float>(gray);
  const double area = grid.voxel_volume_cc() / grid.spacing[2];  // of a cell, per mm along k
  return OrderedReduce<double>(
      exec, nk - 1, 8, 0.0,
      [&, ni = ni, nj = nj](int64_t begin, int64_t end) {
        double sum = 0;
        for (int64_t k = begin; k < end; ++k) {
          const double depth = dose.plane_mm[static_cast<size_t>(k) + 1] - dose.plane_mm[static_cast<size_t>(k)];
          int64_t parts = 0;
          for (int64_t j = 0; j + 1 < nj; ++j) {
            for (int64_t i = 0; i + 1 < ni; ++i) {
              const float* p = values + (k * nj + j) * ni + i;
              const float c[8] = {p[0], p[1], p[ni], p[ni + 1], p[ni * nj], p[ni * nj + 1], p[ni * nj + ni],
                                  p[ni * nj + ni + 1]};
              const auto [low, high] = std::minmax_element(c, c + 8);
              if (*high < level) continue;
              if (*low >= level) {
                parts += kParts * kParts * kParts;
                continue;
              }
              for (int z = 0; z < kParts; ++z) {
                for (int y = 0; y < kParts; ++y) {
                  for (int x = 0; x < kParts; ++x) {
                    const auto middle = [](int part) { return (static_cast<float>(part) + 0.5F) / kParts; };
                    const float tx = middle(x), ty = middle(y), tz = middle(z);
                    const float a = c[0] + tx * (c[1] - c[0]), b = c[2] + tx * (c[3] - c[2]);
                    const float d = c[4] + tx * (c[5] - c[4]), e = c[6] + tx * (c[7] - c[6]);
                    const float f = a + ty * (b - a), g = d + ty * (e - d);
                    parts += f + tz * (g - f) >= level;
                  }
                }
              }
            }
          }
          sum += static_cast<double>(parts) * area * depth / (kParts * kParts * kParts);
        }
        return sum;
      },
      [](double& into, double&& part) { into += part; });
}

}  // namespace isovox
