#include "dose/gamma.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"

namespace isovox {
namespace {

using Triple = std::array<double, 3>;

constexpr double kRightAngle = 1e-4;
constexpr int kMostSteps = 12;      // Gauss-Newton, per cell
constexpr int kMostSideSteps = 10;  // to the multiplier of one step
constexpr double kSettled = 1e-7;   // of the squared index

// The square of what one millimetre and one gray count.
struct Scale {
  double per_mm2, per_gy2;
};

// The evaluated dose, in millimetres along its own axes from its first node.
class CellField {
 public:
  CellField(const DoseGrid& dose, const Exec& exec) : dose_(dose), gray_(dose.gray().data()) {
    const Axes& axes = dose.grid.axes;
    if (std::abs(Dot(axes.i, axes.j)) > kRightAngle || std::abs(Dot(axes.i, axes.k)) > kRightAngle ||
        std::abs(Dot(axes.j, axes.k)) > kRightAngle) {
      throw Error(ErrorCode::kGeometry, "Expected an evaluated dose with axes at right angles but received a sheared one",
                  {{"expected", "orthogonal axes"}, {"actual", "sheared axes"}});
    }
    for (size_t a = 0; a < 3; ++a) {
      const auto count = static_cast<size_t>(dose.grid.size[a]);
      at_[a].resize(count);
      for (size_t n = 0; n < count; ++n) {
        at_[a][n] = a == 2 && dose.plane_mm.size() == count ? dose.plane_mm[n]
                                                            : static_cast<double>(n) * dose.grid.spacing[a];
      }
      cells_[a] = std::max<int64_t>(1, dose.grid.size[a] - 1);
      least_step_[a] = std::numeric_limits<double>::infinity();
      for (size_t n = 0; n + 1 < count; ++n) least_step_[a] = std::min(least_step_[a], at_[a][n + 1] - at_[a][n]);
    }
    stride_ = {1, dose.grid.size[0], dose.grid.size[0] * dose.grid.size[1]};
    SetRanges(exec);
  }

  Triple ToField(Vec3 patient) const {
    const Vec3 d = patient - dose_.grid.origin;
    return {Dot(d, dose_.grid.axes.i), Dot(d, dose_.grid.axes.j), Dot(d, dose_.grid.axes.k)};
  }

  double least_step(size_t axis) const { return least_step_[axis]; }
  int64_t cells(size_t axis) const { return cells_[axis]; }

  // The cell that holds the position, or the nearest one.
  int64_t CellAt(size_t axis, double x) const {
    const std::vector<double>& at = at_[axis];
    if (at.size() < 2 || !(x > at.front())) return 0;
    if (x >= at.back()) return cells_[axis] - 1;
    auto n = static_cast<int64_t>((x - at.front()) / (at.back() - at.front()) * static_cast<double>(cells_[axis]));
    n = std::clamp<int64_t>(n, 0, cells_[axis] - 1);
    while (n > 0 && at[static_cast<size_t>(n)] > x) --n;
    while (n < cells_[axis] - 1 && at[static_cast<size_t>(n) + 1] <= x) ++n;
    return n;
  }

  double low_side(size_t axis, int64_t cell) const { return at_[axis][static_cast<size_t>(cell)]; }
  double high_side(size_t axis, int64_t cell) const {
    return at_[axis][std::min(at_[axis].size() - 1, static_cast<size_t>(cell) + 1)];
  }

  // Least and greatest dose of a cell.
  std::array<float, 2> RangeOf(int64_t ci, int64_t cj, int64_t ck) const {
    const auto n = static_cast<size_t>((ck * cells_[1] + cj) * cells_[0] + ci);
    return {least_[n], most_[n]};
  }

  // The trilinear dose of one cell, with its slopes.
  struct Cell {
    Triple low{}, width{};
    std::array<double, 8> v{};  // i fastest

    double At(const Triple& x, Triple& slope) const {
      Triple t;
      for (size_t a = 0; a < 3; ++a) t[a] = width[a] > 0 ? (x[a] - low[a]) / width[a] : 0;
      const double a00 = v[0] + t[0] * (v[1] - v[0]), a10 = v[2] + t[0] * (v[3] - v[2]);
      const double a01 = v[4] + t[0] * (v[5] - v[4]), a11 = v[6] + t[0] * (v[7] - v[6]);
      const double b0 = a00 + t[1] * (a10 - a00), b1 = a01 + t[1] * (a11 - a01);
      const double g0 = (v[1] - v[0]) + t[1] * ((v[3] - v[2]) - (v[1] - v[0]));
      const double g1 = (v[5] - v[4]) + t[1] * ((v[7] - v[6]) - (v[5] - v[4]));
      slope[0] = width[0] > 0 ? (g0 + t[2] * (g1 - g0)) / width[0] : 0;
      slope[1] = width[1] > 0 ? ((a10 - a00) + t[2] * ((a11 - a01) - (a10 - a00))) / width[1] : 0;
      slope[2] = width[2] > 0 ? (b1 - b0) / width[2] : 0;
      return b0 + t[2] * (b1 - b0);
    }
  };

  Cell CellOf(int64_t ci, int64_t cj, int64_t ck) const {
    Cell cell;
    const std::array<int64_t, 3> at{ci, cj, ck};
    std::array<int64_t, 3> next{};
    for (size_t a = 0; a < 3; ++a) {
      cell.low[a] = low_side(a, at[a]);
      cell.width[a] = high_side(a, at[a]) - cell.low[a];
      next[a] = dose_.grid.size[a] > 1 ? stride_[a] : 0;
    }
    const float* p = gray_ + ci + cj * stride_[1] + ck * stride_[2];
    for (size_t n = 0; n < 8; ++n) {
      cell.v[n] = static_cast<double>(p[(n & 1 ? next[0] : 0) + (n & 2 ? next[1] : 0) + (n & 4 ? next[2] : 0)]);
    }
    return cell;
  }

 private:
  void SetRanges(const Exec& exec) {
    const auto count = static_cast<size_t>(cells_[0] * cells_[1] * cells_[2]);
    least_.resize(count);
    most_.resize(count);
    ParallelFor(exec, cells_[2], 4, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        for (int64_t j = 0; j < cells_[1]; ++j) {
          for (int64_t i = 0; i < cells_[0]; ++i) {
            const Cell cell = CellOf(i, j, k);
            const auto [low, high] = std::minmax_element(cell.v.begin(), cell.v.end());
            const auto n = static_cast<size_t>((k * cells_[1] + j) * cells_[0] + i);
            least_[n] = static_cast<float>(*low);
            most_[n] = static_cast<float>(*high);
          }
        }
      }
    });
  }

  const DoseGrid& dose_;
  const float* gray_;
  std::array<std::vector<double>, 3> at_;
  std::array<int64_t, 3> cells_{}, stride_{};
  Triple least_step_{};
  std::vector<float> least_, most_;
};

// The least of y.y per_mm2 + (residual + slope.y)^2 per_gy2 within low <= y <= high. The minimum is
// y = clamp(-multiplier slope) with multiplier = (residual + slope.y) per_gy2 / per_mm2, which grows on the left and
// falls on the right: Newton steps on a broken line.
Triple LeastOnLinear(double residual, const Triple& slope, const Triple& low, const Triple& high, const Scale& scale) {
  const double ratio = scale.per_mm2 / scale.per_gy2;
  double multiplier = residual / (ratio + slope[0] * slope[0] + slope[1] * slope[1] + slope[2] * slope[2]);
  Triple y{};
  for (int step = 0; step < kMostSideSteps; ++step) {
    double value = multiplier * ratio - residual, growth = ratio;
    for (size_t a = 0; a < 3; ++a) {
      const double free = -multiplier * slope[a];
      y[a] = std::clamp(free, low[a], high[a]);
      value -= slope[a] * y[a];
      if (free > low[a] && free < high[a]) growth += slope[a] * slope[a];
    }
    const double change = value / growth;
    if (std::abs(change) <= 1e-12 * (std::abs(multiplier) + 1e-12)) break;
    multiplier -= change;
  }
  return y;
}

// The least squared index of one point within one cell, or `best` when that is not undercut.
double LeastInCell(const CellField::Cell& cell, const Triple& p, double dose, const Scale& scale, double best) {
  Triple low, high, y, slope;
  for (size_t a = 0; a < 3; ++a) {
    low[a] = cell.low[a] - p[a];
    high[a] = cell.low[a] + cell.width[a] - p[a];
    y[a] = std::clamp(0.0, low[a], high[a]);
  }
  const auto at = [&](const Triple& there, double& residual) {
    residual = cell.At({p[0] + there[0], p[1] + there[1], p[2] + there[2]}, slope) - dose;
    return (there[0] * there[0] + there[1] * there[1] + there[2] * there[2]) * scale.per_mm2 +
           residual * residual * scale.per_gy2;
  };
  double residual = 0;
  double value = at(y, residual);
  for (int step = 0; step < kMostSteps; ++step) {
    const double constant = residual - (slope[0] * y[0] + slope[1] * y[1] + slope[2] * y[2]);
    const Triple target = LeastOnLinear(constant, slope, low, high, scale);
    // The dose is not quite linear: a step that overshoots is halved.
    double part = 1;
    const Triple from = y, slope_from = slope;
    const double value_from = value, residual_from = residual;
    for (int halving = 0; halving < 5; ++halving, part /= 2) {
      for (size_t a = 0; a < 3; ++a) y[a] = from[a] + part * (target[a] - from[a]);
      value = at(y, residual);
      if (value < value_from) break;
    }
    if (!(value < value_from)) {
      value = value_from;
      residual = residual_from;
      y = from;
      slope = slope_from;
      break;
    }
    if (value_from - value <= kSettled * (1 + value)) break;
  }
  return std::min(best, value);
}

struct Offset {
  std::array<int32_t, 3> cells;
  double distance2;  // of such a cell from anywhere in the middle one, at least
};

// Cells within reach of a point in the middle one, by distance.
std::vector<Offset> OffsetsWithin(const CellField& field, double reach) {
  std::array<int64_t, 3> most{};
  for (size_t a = 0; a < 3; ++a) {
    const double step = field.least_step(a);
    most[a] = std::isfinite(step) ? std::min(field.cells(a) - 1, static_cast<int64_t>(reach / step) + 1) : 0;
  }
  std::vector<Offset> offsets;
  for (int64_t k = -most[2]; k <= most[2]; ++k) {
    for (int64_t j = -most[1]; j <= most[1]; ++j) {
      for (int64_t i = -most[0]; i <= most[0]; ++i) {
        double distance2 = 0;
        const std::array<int64_t, 3> at{i, j, k};
        for (size_t a = 0; a < 3; ++a) {
          if (std::abs(at[a]) < 2) continue;
          const double apart = static_cast<double>(std::abs(at[a]) - 1) * field.least_step(a);
          distance2 += apart * apart;
        }
        if (distance2 >= reach * reach) continue;
        offsets.push_back({{static_cast<int32_t>(i), static_cast<int32_t>(j), static_cast<int32_t>(k)}, distance2});
      }
    }
  }
  const auto steps = [](const Offset& o) { return std::abs(o.cells[0]) + std::abs(o.cells[1]) + std::abs(o.cells[2]); };
  std::stable_sort(offsets.begin(), offsets.end(), [&](const Offset& a, const Offset& b) {
    return a.distance2 != b.distance2 ? a.distance2 < b.distance2 : steps(a) < steps(b);
  });
  return offsets;
}

double SquaredGamma(const CellField& field, const std::vector<Offset>& offsets, const Triple& p, double dose,
                    const Scale& scale, double worst) {
  const std::array<int64_t, 3> middle{field.CellAt(0, p[0]), field.CellAt(1, p[1]), field.CellAt(2, p[2])};
  double best = worst;
  for (const Offset& offset : offsets) {
    if (offset.distance2 * scale.per_mm2 >= best) break;
    std::array<int64_t, 3> c{};
    double distance2 = 0;
    bool inside = true;
    for (size_t a = 0; a < 3; ++a) {
      c[a] = middle[a] + offset.cells[a];
      if (c[a] < 0 || c[a] >= field.cells(a)) {
        inside = false;
        break;
      }
      const double under = field.low_side(a, c[a]) - p[a], over = p[a] - field.high_side(a, c[a]);
      const double apart = std::max({0.0, under, over});
      distance2 += apart * apart;
    }
    if (!inside) continue;
    const auto [least, most] = field.RangeOf(c[0], c[1], c[2]);
    const double gap = std::max({0.0, static_cast<double>(least) - dose, dose - static_cast<double>(most)});
    if (distance2 * scale.per_mm2 + gap * gap * scale.per_gy2 >= best) continue;
    best = LeastInCell(field.CellOf(c[0], c[1], c[2]), p, dose, scale, best);
    if (best <= 0) break;
  }
  return best;
}

struct Counts {
  int64_t points = 0, passed = 0;
  double sum = 0, most = 0;
};

}  // namespace

GammaMap ComputeGamma(const DoseGrid& reference, const DoseGrid& evaluated, const GammaOptions& options,
                      const Exec& exec) {
  GammaMap map;
  map.gamma = MakeVolume(reference.grid, DType::kFloat32);
  map.gamma.unit = "1";
  auto out = map.gamma.As<float>();
  const auto gray = reference.gray();
  const auto [ni, nj, nk] = reference.grid.size;
  if (!reference.evenly_spaced()) {
    map.findings.push_back({"gamma.uneven_planes", Severity::kWarn,
                            "The reference's planes are unevenly spaced; the map has the spacing of the first two"});
  }
  const double greatest = gray.empty() ? 0 : static_cast<double>(*std::max_element(gray.begin(), gray.end()));
  const double cutoff = options.cutoff_percent / 100 * greatest;
  const double per_mm2 = 1 / (options.distance_mm * options.distance_mm);
  const double worst = options.max_gamma * options.max_gamma;
  const CellField field(evaluated, exec);
  const std::vector<Offset> offsets = OffsetsWithin(field, options.max_gamma * options.distance_mm);
  const Grid& g = reference.grid;

  const auto plane = [&, ni = ni, nj = nj](int64_t k, Counts& counts) {
    const double third = static_cast<size_t>(k) < reference.plane_mm.size()
                             ? reference.plane_mm[static_cast<size_t>(k)]
                             : static_cast<double>(k) * g.spacing[2];
    for (int64_t j = 0; j < nj; ++j) {
      const Vec3 row = g.origin + (static_cast<double>(j) * g.spacing[1]) * g.axes.j + third * g.axes.k;
      for (int64_t i = 0; i < ni; ++i) {
        const auto n = static_cast<size_t>((k * nj + j) * ni + i);
        const double dose = static_cast<double>(gray[n]);
        const double accepted = options.dose_percent / 100 * (options.local ? dose : greatest);
        if (!(dose >= cutoff) || !(accepted > 0)) {
          out[n] = std::numeric_limits<float>::quiet_NaN();
          continue;
        }
        const Triple p = field.ToField(row + (static_cast<double>(i) * g.spacing[0]) * g.axes.i);
        const double gamma =
            std::sqrt(SquaredGamma(field, offsets, p, dose, {per_mm2, 1 / (accepted * accepted)}, worst));
        out[n] = static_cast<float>(gamma);
        ++counts.points;
        counts.passed += gamma <= 1;
        counts.sum += gamma;
        counts.most = std::max(counts.most, gamma);
      }
    }
  };
  const Counts counts = OrderedReduce<Counts>(
      exec, nk, 1, {},
      [&](int64_t begin, int64_t end) {
        Counts own;
        for (int64_t k = begin; k < end; ++k) plane(k, own);
        return own;
      },
      [](Counts& into, Counts&& part) {
        into.points += part.points;
        into.passed += part.passed;
        into.sum += part.sum;
        into.most = std::max(into.most, part.most);
      });
  map.points = counts.points;
  if (counts.points > 0) {
    map.pass_rate = static_cast<double>(counts.passed) / static_cast<double>(counts.points);
    map.mean = counts.sum / static_cast<double>(counts.points);
    map.max = counts.most;
  } else {
    map.findings.push_back({"gamma.empty", Severity::kFail, "No point of the reference reaches the cutoff"});
  }
  return map;
}

}  // namespace isovox
