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
constexpr int kMostSideSteps = 20;  // to the multiplier of one step
constexpr double kSettled = 1e-7;   // of the squared index
// By how much the index must become less for another valley to be looked for: of itself, and this part of it.
constexpr double kCertain = 1e-3, kCertainPart = 0.02;
constexpr double kWorthClipping = 0.8;  // of a side
constexpr int kMostHalvings = 24;   // of a cell
constexpr int kMostParts = 2000;    // of a cell

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
    const auto nodes = static_cast<size_t>(dose_.grid.size[0]), cells = static_cast<size_t>(cells_[0]);
    const int64_t next_row = dose_.grid.size[1] > 1 ? stride_[1] : 0, next_plane = dose_.grid.size[2] > 1 ? stride_[2] : 0;
    ParallelFor(exec, cells_[2], 4, [&](int64_t begin, int64_t end) {
      std::vector<float> low(nodes + 1), high(nodes + 1);
      for (int64_t row = begin * cells_[1]; row < end * cells_[1]; ++row) {
        const float* a = gray_ + row % cells_[1] * stride_[1] + row / cells_[1] * stride_[2];
        const float *b = a + next_row, *c = a + next_plane, *d = c + next_row;
        for (size_t i = 0; i < nodes; ++i) {
          low[i] = std::min(std::min(a[i], b[i]), std::min(c[i], d[i]));
          high[i] = std::max(std::max(a[i], b[i]), std::max(c[i], d[i]));
        }
        low[nodes] = low[nodes - 1];
        high[nodes] = high[nodes - 1];
        float* least = least_.data() + static_cast<size_t>(row) * cells;
        float* most = most_.data() + static_cast<size_t>(row) * cells;
        for (size_t i = 0; i < cells; ++i) {
          least[i] = std::min(low[i], low[i + 1]);
          most[i] = std::max(high[i], high[i + 1]);
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
// falls on the right: Newton steps on a broken line, between the multipliers already known to be too small or too large.
Triple LeastOnLinear(double residual, const Triple& slope, const Triple& low, const Triple& high, const Scale& scale) {
  const double ratio = scale.per_mm2 / scale.per_gy2;
  double multiplier = residual / (ratio + slope[0] * slope[0] + slope[1] * slope[1] + slope[2] * slope[2]);
  double small = -std::numeric_limits<double>::infinity(), large = std::numeric_limits<double>::infinity();
  Triple y{};
  for (int step = 0; step < kMostSideSteps; ++step) {
    double value = multiplier * ratio - residual, growth = ratio;
    for (size_t a = 0; a < 3; ++a) {
      const double free = -multiplier * slope[a];
      y[a] = std::clamp(free, low[a], high[a]);
      value -= slope[a] * y[a];
      if (free > low[a] && free < high[a]) growth += slope[a] * slope[a];
    }
    (value < 0 ? small : large) = multiplier;
    const double change = value / growth;
    if (std::abs(change) <= 1e-12 * (std::abs(multiplier) + 1e-12)) break;
    multiplier -= change;
    if (!(multiplier > small && multiplier < large)) multiplier = (small + large) / 2;
  }
  return y;
}

// A box of offsets from the point, in which the dose is trilinear: a cell, or a part of one.
struct Part {
  Triple low, high;
  std::array<double, 8> v;  // at the corners, i fastest

  // The dose about the middle, in coordinates that run from -1 to 1: [0] + [1] x + [2] y + [4] z, and what is not
  // linear, [3] x y + [5] x z + [6] y z + [7] x y z.
  std::array<double, 8> Terms() const {
    std::array<double, 8> t = v;
    for (size_t bit = 1; bit < 8; bit *= 2) {
      for (size_t n = 0; n < 8; ++n) {
        if (n & bit) continue;
        const double low_value = t[n], high_value = t[n | bit];
        t[n] = (low_value + high_value) / 2;
        t[n | bit] = (high_value - low_value) / 2;
      }
    }
    return t;
  }

  // What lies within `reach` of the point along every axis; whether that is much less. REQUIRES: reach meets the box.
  bool Clip(double reach) {
    bool less = false;
    for (size_t a = 0; a < 3; ++a) {
      const double width = high[a] - low[a];
      const double from = std::max(low[a], -reach), to = std::min(high[a], reach);
      if (!(to - from < kWorthClipping * width)) continue;
      less = true;
      const double first = (from - low[a]) / width, last = (to - low[a]) / width;
      const size_t bit = size_t{1} << a;
      for (size_t n = 0; n < 8; ++n) {
        if (n & bit) continue;
        const double step = v[n | bit] - v[n];
        v[n | bit] = v[n] + last * step;
        v[n] += first * step;
      }
      low[a] = from;
      high[a] = to;
    }
    return less;
  }

  bool Beyond(double reach) const {
    for (size_t a = 0; a < 3; ++a) {
      if (low[a] >= reach || high[a] <= -reach) return true;
    }
    return false;
  }

  std::array<Part, 2> Halves(size_t axis) const {
    std::array<Part, 2> halves{*this, *this};
    halves[0].high[axis] = halves[1].low[axis] = (low[axis] + high[axis]) / 2;
    const size_t bit = size_t{1} << axis;
    for (size_t n = 0; n < 8; ++n) {
      if (n & bit) continue;
      halves[0].v[n | bit] = halves[1].v[n] = (v[n] + v[n | bit]) / 2;
    }
    return halves;
  }
};

// The search for the least index of one point in one cell after the other.
class LeastIndex {
 public:
  LeastIndex(const Triple& point, double dose, const Scale& scale, double worst)
      : p_(point), dose_(dose), scale_(scale), per_gy_(std::sqrt(scale.per_gy2)), distance_mm_(1 / std::sqrt(scale.per_mm2)) {
    Undercut(worst);
  }

  double squared() const { return best_; }

  // Parts of the cell are halved until none can hold less: by how far the dose is from linear in it, and the least index
  // of the linear part.
  void LookIn(const CellField::Cell& cell) {
    Part whole;
    for (size_t a = 0; a < 3; ++a) {
      whole.low[a] = cell.low[a] - p_[a];
      whole.high[a] = whole.low[a] + cell.width[a];
    }
    whole.v = cell.v;
    std::array<Part, kMostHalvings + 1> waiting;
    std::array<int, kMostHalvings + 1> halvings;
    size_t count = 0;
    waiting[count] = whole;
    halvings[count++] = 0;
    for (int looked = 0; count > 0 && looked < kMostParts; ++looked) {
      Part part = waiting[--count];
      const int halved = halvings[count];
      if (part.Beyond(reach())) continue;
      part.Clip(reach());
      const int split = Look(part, cell, looked == 0);
      if (split < 0 || halved == kMostHalvings) continue;
      for (const Part& half : part.Halves(static_cast<size_t>(split))) {
        waiting[count] = half;
        halvings[count++] = halved + 1;
      }
    }
  }

 private:
  using Terms = std::array<double, 8>;

  // Further away than the best so far nothing can be less.
  double reach() const { return root_ * distance_mm_; }

  // Takes the part's own best and clips it to what is in reach then; the axis to halve it along where it may hold less,
  // -1 where it cannot.
  int Look(Part& part, const CellField::Cell& cell, bool settle) {
    Terms t = part.Terms();
    const double crooked = std::abs(t[3]) + std::abs(t[5]) + std::abs(t[6]) + std::abs(t[7]);
    Triple slope;
    double constant = t[0] - dose_;
    for (size_t a = 0; a < 3; ++a) {
      const double width = part.high[a] - part.low[a];
      slope[a] = width > 0 ? 2 * t[size_t{1} << a] / width : 0;
      constant -= slope[a] * (part.low[a] + part.high[a]) / 2;
    }
    Triple y = LeastOnLinear(constant, slope, part.low, part.high, scale_);
    const double residual = constant + slope[0] * y[0] + slope[1] * y[1] + slope[2] * y[2];
    const double distance2 = (y[0] * y[0] + y[1] * y[1] + y[2] * y[2]) * scale_.per_mm2;
    // Both terms are lengths of one vector: the index changes by no more than the dose's own change.
    const double least = std::sqrt(distance2 + residual * residual * scale_.per_gy2) - crooked * per_gy_;
    // A cell's first valley is followed whatever it promises.
    if (least >= (settle ? root_ : sought_)) return -1;
    double bend = BendOf(part, t);
    settle = settle || bend <= 0;
    const double value = Settle(y, cell, part, settle ? kMostSteps : 0);
    if (least >= sought_) return -1;
    if (settle) {
      if (NoneBelow(value, y, bend, part)) return -1;
      if (value <= best_ && part.Clip(reach())) {
        t = part.Terms();
        bend = BendOf(part, t);
        if (NoneBelow(value, y, bend, part)) return -1;
      }
    }
    const std::array<double, 3> along{std::abs(t[3]) + std::abs(t[5]), std::abs(t[3]) + std::abs(t[6]),
                                      std::abs(t[5]) + std::abs(t[6])};
    return static_cast<int>(std::max_element(along.begin(), along.end()) - along.begin());
  }

  // How far the squared index may bend down, at most, per square millimetre; not above 0 where it has one valley only.
  // Its second derivatives are those of the distance, which grow alike to all sides, the products of the slopes, which
  // are never negative, and the residual times those of the dose.
  double BendOf(const Part& part, const Terms& t) const {
    const auto [low, high] = std::minmax_element(part.v.begin(), part.v.end());
    const double residual = std::max(*high - dose_, dose_ - *low);
    const auto mixed = [&](size_t a, size_t b) {
      const double area = (part.high[a] - part.low[a]) * (part.high[b] - part.low[b]);
      return area > 0 ? 4 * (std::abs(t[(size_t{1} << a) | (size_t{1} << b)]) + std::abs(t[7])) / area : 0;
    };
    const double ij = mixed(0, 1), ik = mixed(0, 2), jk = mixed(1, 2);
    return scale_.per_gy2 * residual * std::max({ij + ik, ij + jk, ik + jk}) - scale_.per_mm2;
  }

  // Whether nothing in the part is less, given where steps settled: from there it rises to all sides at first, and bends
  // down at most so far as the part reaches.
  bool NoneBelow(double value, const Triple& y, double bend, const Part& part) const {
    double far2 = 0;
    for (size_t a = 0; a < 3; ++a) {
      const double far = std::max(y[a] - part.low[a], part.high[a] - y[a]);
      far2 += far * far;
    }
    return value - std::max(0.0, bend) * far2 >= sought_ * sought_;
  }

  // Gauss-Newton steps from y within the part, which are taken where they lead; the squared index there.
  double Settle(Triple& y, const CellField::Cell& cell, const Part& part, int steps) {
    Triple slope;
    const auto at = [&](const Triple& there, double& residual) {
      residual = cell.At({p_[0] + there[0], p_[1] + there[1], p_[2] + there[2]}, slope) - dose_;
      return (there[0] * there[0] + there[1] * there[1] + there[2] * there[2]) * scale_.per_mm2 +
             residual * residual * scale_.per_gy2;
    };
    double residual = 0;
    double value = at(y, residual);
    for (int step = 0; step < steps; ++step) {
      const double constant = residual - (slope[0] * y[0] + slope[1] * y[1] + slope[2] * y[2]);
      const Triple target = LeastOnLinear(constant, slope, part.low, part.high, scale_);
      // The dose is not quite linear: a step that overshoots is halved.
      double share = 1;
      const Triple from = y;
      const double value_from = value;
      for (int halving = 0; halving < 5; ++halving, share /= 2) {
        for (size_t a = 0; a < 3; ++a) y[a] = from[a] + share * (target[a] - from[a]);
        value = at(y, residual);
        if (value < value_from) break;
      }
      if (!(value < value_from)) {
        value = value_from;
        y = from;
        break;
      }
      if (value_from - value <= kSettled * (1 + value)) break;
    }
    if (value < best_) Undercut(value);
    return value;
  }

  void Undercut(double squared) {
    best_ = squared;
    root_ = std::sqrt(squared);
    // Whether a point passes is known to kCertain all the same.
    const double part = kCertainPart * root_;
    sought_ = std::max(0.0, root_ - kCertain - (root_ > 1 ? std::min(part, root_ - 1) : part));
  }

  const Triple& p_;
  double dose_;
  const Scale& scale_;
  double per_gy_, distance_mm_;
  double best_ = 0, root_ = 0;
  double sought_ = 0;  // an index that is worth looking for is less
};

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
  LeastIndex least_index(p, dose, scale, worst);
  for (const Offset& offset : offsets) {
    const double best = least_index.squared();
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
    least_index.LookIn(field.CellOf(c[0], c[1], c[2]));
  }
  return least_index.squared();
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
