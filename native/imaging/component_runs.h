// The runs of a mask's rows, and which of them are one component.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "exec/exec.h"

namespace isovox {

// Voxels that touch by a face, by a face or an edge, or by a face, an edge or a corner.
enum class Connectivity { kFaces = 6, kEdges = 18, kCorners = 26 };

struct RowRun {
  int32_t begin, end;  // voxels of the row
};

class ComponentRuns {
 public:
  enum class Of { kMask, kBackground };  // the voxels that are not 0, or those that are

  // `mask` has one byte per voxel, i fastest. Throws ERR_RESOURCE when there are more runs than 2^31.
  ComponentRuns(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                Connectivity connectivity, Of of = Of::kMask);

  int32_t count() const { return count_; }

  // Calls visit(j, k, runs, components) for every row, in parallel over planes: components from 1, in the order of their
  // first voxels, one for each run.
  template <typename Visit>
  void EachRow(const Exec& exec, Visit&& visit) const {
    ParallelFor(exec, static_cast<int64_t>(slabs_.size()), 1, [&](int64_t s, int64_t) { RowsOf(s, visit); });
  }
  // The same on the calling thread, in the order of the rows.
  template <typename Visit>
  void EachRowInOrder(Visit&& visit) const {
    for (int64_t s = 0; s < static_cast<int64_t>(slabs_.size()); ++s) RowsOf(s, visit);
  }

  // Voxels of component n at [n - 1].
  std::vector<int64_t> Voxels() const;

 private:
  // Planes whose runs are found and joined together; a matter of the data, not of the threads.
  static constexpr int64_t kPlanesAtOnce = 8;

  struct Slab {
    std::vector<RowRun> runs;
    std::vector<int64_t> row_first;  // index in `runs` of each row's first run, and one past the last row's
    int64_t offset = 0;              // of its runs among all
  };

  template <typename Visit>
  void RowsOf(int64_t s, Visit& visit) const {
    const Slab& slab = slabs_[static_cast<size_t>(s)];
    const auto rows = static_cast<int64_t>(slab.row_first.size()) - 1;
    for (int64_t row = 0; row < rows; ++row) {
      const auto first = static_cast<size_t>(slab.row_first[static_cast<size_t>(row)]);
      const auto runs = static_cast<size_t>(slab.row_first[static_cast<size_t>(row + 1)]) - first;
      visit(row % size_[1], s * kPlanesAtOnce + row / size_[1], std::span(slab.runs).subspan(first, runs),
            std::span(component_).subspan(static_cast<size_t>(slab.offset) + first, runs));
    }
  }

  void Find(const Exec& exec, std::span<const uint8_t> mask, Of of);
  void JoinRows(int64_t j, int64_t k, int64_t other_j, int64_t other_k, int32_t reach);
  void JoinWithin(int64_t k);
  void JoinBelow(int64_t k);

  const std::array<int64_t, 3> size_;
  const Connectivity connectivity_;
  std::vector<Slab> slabs_;
  // Of each run: while joining a run before it of the same component or itself, then its component.
  std::vector<int32_t> component_;
  int32_t count_ = 0;
};

}  // namespace isovox
