// Dose at the cells of a plane lattice cut through a dose grid, with how far it varies inside each cell.
//
// Values are trilinear between the grid's nodes; beyond the outermost nodes they stay constant. Half a voxel beyond
// still counts as inside the grid, because a voxel's dose stands for the whole voxel.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "dose/cell_kernels.h"
#include "dose/outside_grid.h"
#include "exec/exec.h"
#include "imaging/contour_planes.h"
#include "imaging/coverage.h"
#include "volume/dose_grid.h"

namespace isovox {

// Samples of one lattice row.
struct DoseRow {
  std::vector<float> dose;
  // Half the width of the uniform distribution that has the variance of the dose inside the cell.
  std::vector<float> spread;
  // kOutside the grid, in the half voxel at its edge where the dose is held constant, or between nodes.
  enum Place : unsigned char { kOutside, kEdge, kBetween };
  std::vector<unsigned char> place;
  bool all_between = true;  // then `place` is not filled

  // Scratch, by grid node, the first being first_node (by cell when not aligned): the dose on the row's middle line, its
  // step to the next node, the spread of a cell there, and its change over half a cell along the axes. By cell only: the
  // change along the row, the least and greatest dose.
  int64_t first_node = 0;
  std::vector<float> node, step, step_spread, half_v, half_w;
  std::vector<float> half_u, low, high;
  GridRows grid{};
  // No node of the four grid rows within the box in reach is below or above.
  float floor = 0, ceiling = 0;

  BlendedRow blended() { return {node.data(), half_v.data(), half_w.data()}; }
};

// Least and greatest value of every row of a dose grid along axes.i, rows of j in planes of k.
using RowRanges = std::vector<std::array<float, 2>>;
RowRanges FindRowRanges(const DoseGrid& dose, const Exec& exec);

class DoseSampler {
 public:
  // For points of the box. Keeps references to `dose` and to its ranges, which samplers of several structures share.
  DoseSampler(const DoseGrid& dose, const PlaneFrame& frame, const Box2& box, double w0, double w1,
              const RowRanges* ranges = nullptr);

  // Whether the plane frame's axes are the grid's: rows then run along nodes and cells fit between them.
  bool aligned() const { return aligned_; }
  // Distance of nodes along the frame's axes, and a node's position.
  double step(int axis) const { return step_[static_cast<size_t>(axis)]; }
  double anchor(int axis) const { return anchor_[static_cast<size_t>(axis)]; }
  // Positions along the normal, ascending, where the dose or its slope changes: of the nodes, and of the grid's two ends
  // half a voxel beyond. Empty when not aligned.
  std::vector<double> planes() const;

  // What all rows of one lattice share.
  struct Lattice {
    PlaneLattice cells;
    // Aligned only, for columns [first, first + node.size()): the node before the cell's centre, the way to the next.
    int32_t first = 0;
    std::vector<int32_t> node;
    std::vector<float> way;
    float half_u = 0;  // half a cell as part of the nodes' distance
    int32_t inside_begin = 0, inside_end = 0;    // columns inside the grid
    int32_t between_begin = 0, between_end = 0;  // columns between its nodes
  };
  Lattice MakeLattice(double du, double dv) const;

  // Columns [begin, end) of the row whose cells' middle is at v, in a slab dw thick about w.
  void Sample(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end, DoseRow& row) const;

  // The dose at the centroid of what is covered of a cell between nodes, with its spread over that part.
  struct Part {
    float dose, spread;
  };
  Part CoveredPart(const Lattice& lattice, const DoseRow& row, int32_t row_begin, const Run& run) const;

  // Widens [least, most] to the dose of the sampled row's whole cells in columns [begin, end).
  void Extremes(const Lattice& lattice, DoseRow& row, int32_t row_begin, int32_t begin, int32_t end, float& least,
                float& most) const;

  // Trilinear at a point of the frame; nullopt outside the grid.
  std::optional<float> At(double u, double v, double w) const;
  // The same, of the nearest point of the grid for points outside.
  float Nearest(double u, double v, double w) const;

  // Least and greatest node value that points of the box can be interpolated from.
  std::array<float, 2> range() const { return range_; }

  // Widens [least, most] to the dose along a loop in the plane w: at its points, and four times per node along edges that
  // are longer and may have more than `open` to tell.
  void WidenAlong(std::span<const Point2> loop, double w, OutsideGrid outside, float open, float& least,
                  float& most) const;

 private:
  struct Place {
    int64_t node, next;
    float way;        // 0..1 from node to next
    double distance;  // from node to next, mm; 0 on a single node or beyond the nodes
    bool inside;
  };
  Place Locate(size_t axis, double x) const;
  Place LocateInside(size_t axis, double x) const;
  // Not inside where a single node is more than half a voxel away.
  Place LocateNear(size_t axis, double x) const;
  void SampleAligned(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end,
                     DoseRow& row) const;
  void SampleOblique(const Lattice& lattice, double v, double w, double dw, int32_t begin, int32_t end,
                     DoseRow& row) const;
  struct Cube {
    float value = 0, low = 0, high = 0;  // at the point, and of the nodes about it
    std::array<double, 3> slope{};  // per unit of each index coordinate (the third per millimetre)
    bool inside = false, between = false;
  };
  Cube Trilinear(Vec3 patient) const;
  Cube AlignedValue(double u, double v, double w) const;
  Cube AlignedAt(const Place& a, const Place& b, const Place& c) const;
  void FindRange(const Box2& box, double w0, double w1, const RowRanges* shared);
  // No node of the four rows at and after rows j and k of the grid, within the sampler's reach, is below or above.
  std::array<float, 2> RangeAbout(int64_t j, int64_t k) const;

  const DoseGrid& dose_;
  PlaneFrame frame_;
  bool aligned_ = false;
  std::array<double, 3> step_{1, 1, 1}, anchor_{0, 0, 0};
  std::array<std::vector<double>, 3> nodes_;  // aligned: positions along u, v, w; else along i, j (index), k (mm)
  std::array<double, 3> per_step_{1, 1, 1};  // nodes per unit of position, were they even
  std::array<bool, 3> even_{};
  std::array<double, 3> last_node_{};  // its index
  std::array<int64_t, 3> stride_{};
  PatientToIndexMap to_index_;
  std::array<float, 2> range_{0, 0};
  // Aligned: least and greatest of every grid row's nodes in the box's reach, first_row_ at [0], steps along v and w.
  RowRanges own_ranges_;
  const std::array<float, 2>* row_range_ = nullptr;
  std::array<int64_t, 2> first_row_{}, rows_{}, row_step_{};
};

}  // namespace isovox
