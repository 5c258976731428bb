// Trilinear dose at any point of the patient; nothing outside the outermost nodes.
#pragma once

#include <algorithm>
#include <optional>

#include "volume/dose_grid.h"

namespace isovox {

class PointSampler {
 public:
  // Keeps a reference to `dose`.
  explicit PointSampler(const DoseGrid& dose)
      : dose_(dose), map_(dose.grid), even_(dose.evenly_spaced()), values_(dose.gray().data()) {}

  bool Holds(Vec3 patient) const {
    Cell cell;
    return Find(patient, cell);
  }

  std::optional<float> At(Vec3 patient) const {
    Cell cell;
    if (!Find(patient, cell)) return std::nullopt;
    const auto [ni, nj, nk] = dose_.grid.size;
    const int64_t di = cell.i + 1 < ni, dj = cell.j + 1 < nj ? ni : 0, dk = cell.k + 1 < nk ? ni * nj : 0;
    const float* p = values_ + (cell.k * nj + cell.j) * ni + cell.i;
    const auto mix = [](float a, float b, double t) { return a + static_cast<float>(t) * (b - a); };
    const float x00 = mix(p[0], p[di], cell.ti), x10 = mix(p[dj], p[dj + di], cell.ti);
    const float x01 = mix(p[dk], p[dk + di], cell.ti), x11 = mix(p[dk + dj], p[dk + dj + di], cell.ti);
    return mix(mix(x00, x10, cell.tj), mix(x01, x11, cell.tj), cell.tk);
  }

 private:
  struct Cell {
    int64_t i, j, k;
    double ti, tj, tk;
  };

  // Within a thousandth of a voxel of the outermost nodes counts as on them.
  static bool Split(double x, int64_t count, int64_t& whole, double& part) {
    constexpr double kRounding = 1e-3;
    if (!(x >= -kRounding && x <= static_cast<double>(count - 1) + kRounding)) return false;
    x = std::clamp(x, 0.0, static_cast<double>(count - 1));
    whole = std::min(static_cast<int64_t>(x), std::max<int64_t>(0, count - 2));
    part = x - static_cast<double>(whole);
    return true;
  }

  bool Find(Vec3 patient, Cell& cell) const {
    const Vec3 index = map_(patient);
    if (!Split(index.x, dose_.grid.size[0], cell.i, cell.ti) || !Split(index.y, dose_.grid.size[1], cell.j, cell.tj)) {
      return false;
    }
    return Split(even_ ? index.z : UnevenIndex(index.z * dose_.grid.spacing[2]), dose_.grid.size[2], cell.k, cell.tk);
  }

  double UnevenIndex(double mm) const {
    const auto& planes = dose_.plane_mm;
    const auto above = std::upper_bound(planes.begin(), planes.end(), mm);
    const auto n = std::clamp<int64_t>(above - planes.begin() - 1, 0, static_cast<int64_t>(planes.size()) - 2);
    const double a = planes[static_cast<size_t>(n)], b = planes[static_cast<size_t>(n) + 1];
    return static_cast<double>(n) + (mm - a) / (b - a);
  }

  const DoseGrid& dose_;
  PatientToIndexMap map_;
  bool even_;
  const float* values_;
};

}  // namespace isovox
