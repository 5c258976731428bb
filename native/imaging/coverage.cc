#include "imaging/coverage.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

// Rounding of a few thousand edges stays far below; a crossing that matters is far above.
constexpr double kRounding = 1e-7;
// An overlap smaller than this part of a cell is left alone.
constexpr double kTolerated = 1e-4;

}  // namespace

void CoverageRaster::Begin(const PlaneLattice& lattice, const LatticeWindow& window) {
  lattice_ = lattice;
  window_ = window;
  cells_.clear();
  runs_.clear();
}

void CoverageRaster::AddLoop(std::span<const Point2> loop, double sign) {
  if (loop.size() < 3) return;
  sign_ = -sign;
  const double su = 1 / lattice_.du, sv = 1 / lattice_.dv;
  double x = (loop.back().u - lattice_.u0) * su, y = (loop.back().v - lattice_.v0) * sv;
  for (const Point2& p : loop) {
    const double nx = (p.u - lattice_.u0) * su, ny = (p.v - lattice_.v0) * sv;
    Line(x, y, nx, ny);
    x = nx;
    y = ny;
  }
}

void CoverageRaster::AddEdge(const Edge& edge) {
  sign_ = -1;
  Line((edge.from.u - lattice_.u0) / lattice_.du, (edge.from.v - lattice_.v0) / lattice_.dv,
       (edge.to.u - lattice_.u0) / lattice_.du, (edge.to.v - lattice_.v0) / lattice_.dv);
}

inline void CoverageRaster::Deposit(int32_t row, int32_t column, double cover, double area) {
  if (!cells_.empty()) {
    Cell& last = cells_.back();
    if (last.row == row && last.column == column) {
      last.cover += cover;
      last.area += area;
      return;
    }
  }
  cells_.push_back({row, column, cover, area});
}

void CoverageRaster::Line(double x0, double y0, double x1, double y1) {
  if (y0 == y1) return;
  const double top = std::min(y0, y1), bottom = std::max(y0, y1);
  if (bottom <= window_.row_begin || top >= window_.row_end) return;
  if (top < window_.row_begin || bottom > window_.row_end) {
    const auto at = [&](double y) { return x0 + (x1 - x0) * ((y - y0) / (y1 - y0)); };
    const double ya = std::clamp<double>(y0, window_.row_begin, window_.row_end);
    const double yb = std::clamp<double>(y1, window_.row_begin, window_.row_end);
    const double xa = ya == y0 ? x0 : at(ya), xb = yb == y1 ? x1 : at(yb);
    x0 = xa, y0 = ya, x1 = xb, y1 = yb;
    if (y0 == y1) return;
  }
  const auto row_top = static_cast<int32_t>(std::floor(std::min(y0, y1)));
  const auto row_bottom = static_cast<int32_t>(std::ceil(std::max(y0, y1))) - 1;
  if (row_top == row_bottom) {
    LineInRow(row_top, x0, x1, y1 - y0);
    return;
  }
  const double slope = (x1 - x0) / (y1 - y0);
  double x = x0, y = y0;
  if (y1 > y0) {
    for (int32_t row = row_top; row < row_bottom; ++row) {
      const double next = row + 1, nx = x0 + (next - y0) * slope;
      LineInRow(row, x, nx, next - y);
      x = nx;
      y = next;
    }
    LineInRow(row_bottom, x, x1, y1 - y);
  } else {
    for (int32_t row = row_bottom; row > row_top; --row) {
      const double next = row, nx = x0 + (next - y0) * slope;
      LineInRow(row, x, nx, next - y);
      x = nx;
      y = next;
    }
    LineInRow(row_top, x, x1, y1 - y);
  }
}

// The piece from x0 to x1 of one row, climbing dy. Left of the window it counts as running along the window's edge;
// right of it, it counts for nothing.
void CoverageRaster::LineInRow(int32_t row, double x0, double x1, double dy) {
  const double left = window_.column_begin, right = window_.column_end;
  double xa = x0, xb = x1;
  if (xa < left || xb < left || xa > right || xb > right) {
    const double low = std::min(xa, xb), high = std::max(xa, xb);
    if (high <= left) {
      Deposit(row, window_.column_begin, sign_ * dy, sign_ * dy);
      return;
    }
    if (low >= right) return;
    const double per = dy / (high - low);
    if (low < left) Deposit(row, window_.column_begin, sign_ * per * (left - low), sign_ * per * (left - low));
    xa = std::clamp(xa, left, right);
    xb = std::clamp(xb, left, right);
    dy = per * std::abs(xb - xa);
    if (dy == 0) return;
  }
  const double low = std::min(xa, xb), high = std::max(xa, xb);
  const auto first = static_cast<int32_t>(std::floor(low));
  const auto last = std::max(first, static_cast<int32_t>(std::ceil(high)) - 1);
  if (first == last) {
    const double cover = sign_ * dy;
    if (first < window_.column_end) Deposit(row, first, cover, cover * (first + 1 - (low + high) / 2));
    return;
  }
  const double per = sign_ * dy / (high - low);
  // Walked in the edge's own direction, so that neighbouring edges meet in the cell that was touched last.
  const auto piece = [&](int32_t column) {
    const double a = std::max(low, static_cast<double>(column)), b = std::min(high, column + 1.0);
    const double cover = per * (b - a);
    Deposit(row, column, cover, cover * (column + 1 - (a + b) / 2));
  };
  if (xb > xa) {
    for (int32_t column = first; column <= last; ++column) piece(column);
  } else {
    for (int32_t column = last; column >= first; --column) piece(column);
  }
}

bool CoverageRaster::Finish() {
  runs_.clear();
  if (cells_.empty()) return true;
  int32_t low = cells_[0].row, high = cells_[0].row;
  for (const Cell& cell : cells_) {
    low = std::min(low, cell.row);
    high = std::max(high, cell.row);
  }
  const auto rows = static_cast<size_t>(high - low) + 1;
  row_first_.assign(rows + 1, 0);
  for (const Cell& cell : cells_) ++row_first_[static_cast<size_t>(cell.row - low) + 1];
  for (size_t r = 0; r < rows; ++r) row_first_[r + 1] += row_first_[r];
  sorted_.resize(cells_.size());
  for (const Cell& cell : cells_) sorted_[row_first_[static_cast<size_t>(cell.row - low)]++] = cell;

  size_t begin = 0;
  for (size_t r = 0; r < rows; ++r) {
    const size_t end = row_first_[r];  // advanced by the scatter to the row's end
    const auto first = sorted_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = sorted_.begin() + static_cast<std::ptrdiff_t>(end);
    // Stable for equal columns, so that sums do not depend on the sort: insertion for the few cells of a usual row.
    if (end - begin <= 32) {
      for (auto at = first; at != last; ++at) {
        const Cell cell = *at;
        auto to = at;
        for (; to != first && (to - 1)->column > cell.column; --to) *to = *(to - 1);
        *to = cell;
      }
    } else {
      std::stable_sort(first, last, [](const Cell& a, const Cell& b) { return a.column < b.column; });
    }
    const auto row = static_cast<int32_t>(r) + low;
    double cover = 0;
    for (size_t i = begin; i < end;) {
      const int32_t column = sorted_[i].column;
      double area = cover;
      for (; i < end && sorted_[i].column == column; ++i) {
        area += sorted_[i].area;
        cover += sorted_[i].cover;
      }
      if (area < -kTolerated || area > 1 + kTolerated) return false;
      if (area > kRounding) runs_.push_back({row, column, column + 1, std::min(area, 1.0)});
      // Between touched cells nothing changes; covered in part where a horizontal edge runs through. An open right edge
      // is a loop that the window cuts.
      const int32_t next = i < end ? sorted_[i].column : window_.column_end;
      if (next == column + 1 || std::abs(cover) <= kRounding) continue;
      if (cover < -kTolerated || cover > 1 + kTolerated) return false;
      if (cover < 0) continue;
      runs_.push_back({row, column + 1, next, std::abs(cover - 1) <= kRounding ? 1.0 : std::min(cover, 1.0)});
    }
    begin = end;
  }
  return true;
}

}  // namespace isovox
