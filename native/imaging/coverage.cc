#include "imaging/coverage.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

// Rounding of a few thousand edges stays far below; a crossing that matters is far above.
constexpr double kRounding = 1e-7;
// An overlap smaller than this part of a cell is left alone.
constexpr double kTolerated = 1e-4;

// REQUIRES: within int32.
int32_t Floor(double x) {
  const auto whole = static_cast<int32_t>(x);
  return whole - (static_cast<double>(whole) > x);
}
int32_t Ceil(double x) {
  const auto whole = static_cast<int32_t>(x);
  return whole + (static_cast<double>(whole) < x);
}

float OffMiddle(double moment, double area) { return static_cast<float>(std::clamp(moment / area - 0.5, -0.5, 0.5)); }

}  // namespace

void CoverageRaster::Begin(const PlaneLattice& lattice, const LatticeWindow& window) {
  lattice_ = lattice;
  window_ = window;
  cells_.clear();
  runs_.clear();
}

// A straight piece of outline inside one cell, whose corner is the origin of x and y.
inline void CoverageRaster::Piece(int32_t row, int32_t column, double x0, double y0, double x1, double y1) {
  if (cells_.empty() || cells_.back().row != row || cells_.back().column != column) {
    cells_.push_back({row, column, 0, 0, 0, 0, 0});
  }
  Cell& cell = cells_.back();
  const double cover = sign_ * (y1 - y0), xs = x0 + x1, ys = y0 + y1;
  cell.cover += cover;
  cell.cover_v += cover * (ys / 2);
  // Integrals along the piece of 1 - x, (1 - x^2) / 2 and y (1 - x).
  cell.area += cover * (1 - xs / 2);
  cell.area_u += cover * (0.5 - (xs * xs - x0 * x1) / 6);
  cell.area_v += cover * (ys / 2 - (xs * ys + x0 * y0 + x1 * y1) / 6);
}

void CoverageRaster::AddLoop(std::span<const Point2> loop, double sign) {
  if (loop.size() < 3) return;
  sign_ = -sign;
  const double su = 1 / lattice_.du, sv = 1 / lattice_.dv;
  double x = (loop.back().u - lattice_.u0) * su, y = (loop.back().v - lattice_.v0) * sv;
  const double left = window_.column_begin, right = window_.column_end;
  const double top = window_.row_begin, bottom = window_.row_end;
  // The cell that holds the last point, its corner in x and y; a corner that no point is near while it is unknown.
  int32_t row = 0, column = 0;
  double corner_x = 1e18, corner_y = 1e18;
  for (const Point2& p : loop) {
    const double nx = (p.u - lattice_.u0) * su, ny = (p.v - lattice_.v0) * sv;
    // Most edges of a drawn loop are shorter than a cell and stay in one.
    const double dx = nx - corner_x, dy = ny - corner_y;
    if (dx >= 0 && dx < 1 && dy >= 0 && dy < 1) {
      Piece(row, column, x - corner_x, y - corner_y, dx, dy);
    } else {
      Line(x, y, nx, ny);
      if (nx >= left && nx < right && ny >= top && ny < bottom) {
        row = Floor(ny);
        column = Floor(nx);
        corner_x = column;
        corner_y = row;
      } else {
        corner_x = corner_y = 1e18;
      }
    }
    x = nx;
    y = ny;
  }
}

void CoverageRaster::AddEdge(const Edge& edge) {
  sign_ = -1;
  Line((edge.from.u - lattice_.u0) / lattice_.du, (edge.from.v - lattice_.v0) / lattice_.dv,
       (edge.to.u - lattice_.u0) / lattice_.du, (edge.to.v - lattice_.v0) / lattice_.dv);
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
  const int32_t row_top = Floor(std::min(y0, y1)), row_bottom = Ceil(std::max(y0, y1)) - 1;
  if (row_top == row_bottom) {
    LineInRow(row_top, x0, y0 - row_top, x1, y1 - row_top);
    return;
  }
  const double slope = (x1 - x0) / (y1 - y0);
  double x = x0, y = y0;
  if (y1 > y0) {
    for (int32_t row = row_top; row < row_bottom; ++row) {
      const double next = row + 1, nx = x0 + (next - y0) * slope;
      LineInRow(row, x, y - row, nx, 1);
      x = nx;
      y = next;
    }
    LineInRow(row_bottom, x, 0, x1, y1 - row_bottom);
  } else {
    for (int32_t row = row_bottom; row > row_top; --row) {
      const double next = row, nx = x0 + (next - y0) * slope;
      LineInRow(row, x, y - row, nx, 0);
      x = nx;
      y = next;
    }
    LineInRow(row_top, x, 1, x1, y1 - row_top);
  }
}

// The piece from (x0, y0) to (x1, y1) in one row, y counted from the row's edge. Left of the window it counts as running
// along the window's edge; right of it, it counts for nothing.
void CoverageRaster::LineInRow(int32_t row, double x0, double y0, double x1, double y1) {
  const double left = window_.column_begin, right = window_.column_end;
  if (x0 < left || x1 < left || x0 > right || x1 > right) {
    if (x0 >= right && x1 >= right) return;
    if (x0 <= left && x1 <= left) {
      Piece(row, window_.column_begin, 0, y0, 0, y1);
      return;
    }
    const double slope = (y1 - y0) / (x1 - x0);
    const auto at = [&](double x) { return y0 + (x - x0) * slope; };
    const double xa = std::clamp(x0, left, right), xb = std::clamp(x1, left, right);
    const double ya = xa == x0 ? y0 : at(xa), yb = xb == x1 ? y1 : at(xb);
    if (x0 < left) Piece(row, window_.column_begin, 0, y0, 0, ya);
    if (x1 < left) Piece(row, window_.column_begin, 0, yb, 0, y1);
    x0 = xa, y0 = ya, x1 = xb, y1 = yb;
    if (y0 == y1) return;
  }
  const int32_t first = Floor(std::min(x0, x1)), last = std::max(first, Ceil(std::max(x0, x1)) - 1);
  if (first == last) {
    if (first < window_.column_end) Piece(row, first, x0 - first, y0, x1 - first, y1);
    return;
  }
  // Walked in the edge's own direction, so that neighbouring edges meet in the cell that was touched last.
  const double slope = (y1 - y0) / (x1 - x0);
  double x = x0, y = y0;
  if (x1 > x0) {
    for (int32_t column = first; column < last; ++column) {
      const double next = y0 + (column + 1 - x0) * slope;
      Piece(row, column, x - column, y, 1, next);
      x = column + 1;
      y = next;
    }
    Piece(row, last, 0, y, x1 - last, y1);
  } else {
    for (int32_t column = last; column > first; --column) {
      const double next = y0 + (column - x0) * slope;
      Piece(row, column, x - column, y, 0, next);
      x = column;
      y = next;
    }
    Piece(row, first, 1, y, x1 - first, y1);
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
    double cover = 0, cover_v = 0;
    for (size_t i = begin; i < end;) {
      const int32_t column = sorted_[i].column;
      double area = cover, area_u = cover / 2, area_v = cover_v;
      for (; i < end && sorted_[i].column == column; ++i) {
        const Cell& cell = sorted_[i];
        area += cell.area;
        area_u += cell.area_u;
        area_v += cell.area_v;
        cover += cell.cover;
        cover_v += cell.cover_v;
      }
      if (area < -kTolerated || area > 1 + kTolerated) return false;
      if (area >= 1) {
        runs_.push_back({row, column, column + 1, 1.0});
      } else if (area > kRounding) {
        runs_.push_back({row, column, column + 1, area, OffMiddle(area_u, area), OffMiddle(area_v, area)});
      }
      // Between touched cells nothing changes; covered in part where a horizontal edge runs through. An open right edge
      // is a loop that the window cuts.
      const int32_t next = i < end ? sorted_[i].column : window_.column_end;
      if (next == column + 1 || std::abs(cover) <= kRounding) continue;
      if (cover < -kTolerated || cover > 1 + kTolerated) return false;
      if (cover < 0) continue;
      if (cover >= 1 - kRounding) {
        runs_.push_back({row, column + 1, next, 1.0});
      } else {
        runs_.push_back({row, column + 1, next, cover, 0, OffMiddle(cover_v, cover)});
      }
    }
    begin = end;
  }
  return true;
}

}  // namespace isovox
