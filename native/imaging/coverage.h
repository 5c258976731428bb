// The exact fraction of every cell of a plane lattice that a set of loops covers.
//
// Signed areas are accumulated edge by edge, as font rasterisers do: an edge that crosses a cell adds the area to its
// right in that cell, and its height to all cells further right. Only touched cells are stored, so the cost follows
// the outline and not the area. Holes and key-holes need nothing special: they run the other way round.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "imaging/polygon.h"

namespace isovox {

// Cell (column, row) covers [u0 + column * du, u0 + (column + 1) * du) x [v0 + row * dv, ...). Unbounded.
struct PlaneLattice {
  double u0 = 0, v0 = 0;
  double du = 1, dv = 1;
};

// A directed piece of outline: the covered side is on its left.
struct Edge {
  Point2 from, to;
};

// Cells [begin, end) of a row, all covered by the same fraction, 0 < coverage <= 1.
struct Run {
  int32_t row;
  int32_t begin, end;
  double coverage;
  // From each cell's middle to the centroid of what is covered of it, in cells: -0.5..0.5.
  float centroid_u = 0, centroid_v = 0;
};

// Cells outside [column_begin, column_end) x [row_begin, row_end) are dropped.
struct LatticeWindow {
  int32_t column_begin = -(1 << 30), column_end = 1 << 30;
  int32_t row_begin = -(1 << 30), row_end = 1 << 30;
};

class CoverageRaster {
 public:
  // Starts a new plane; keeps the memory of the last one.
  void Begin(const PlaneLattice& lattice, const LatticeWindow& window = {});
  // `sign` +1 for loops and edges with the covered side on their left (counter-clockwise), -1 for the reverse.
  void AddLoop(std::span<const Point2> loop, double sign);
  void AddEdge(const Edge& edge);
  // Sorts and sums up. False when some cell would be covered less than not at all or more than wholly: loops that
  // cross themselves or each other; the runs are then meaningless.
  bool Finish();
  // By row, then column.
  std::span<const Run> runs() const { return runs_; }

 private:
  // Sums of the pieces of outline in a cell: the height they climb and the area to their right inside the cell, both
  // with their first moments about the cell's corner (the height's along v).
  struct Cell {
    int32_t row, column;
    double cover, cover_v;
    double area, area_u, area_v;
  };

  void Line(double x0, double y0, double x1, double y1);
  void LineInRow(int32_t row, double x0, double y0, double x1, double y1);
  void Piece(int32_t row, int32_t column, double x0, double y0, double x1, double y1);

  PlaneLattice lattice_;
  LatticeWindow window_;
  double sign_ = 1;
  std::vector<Cell> cells_, sorted_;
  std::vector<uint32_t> row_first_;
  std::vector<Run> runs_;
};

}  // namespace isovox
