#include "imaging/components.h"

#include <algorithm>
#include <cstring>

namespace isovox {
namespace {

// Planes whose runs are found and joined together; a matter of the data, not of the threads.
constexpr int64_t kPlanesAtOnce = 8;

struct Run {
  int32_t begin, end;  // voxels of the row
};

struct Slab {
  std::vector<Run> runs;
  std::vector<int64_t> row_first;  // index in `runs` of each row's first run, and one past the last row's
  int64_t offset = 0;              // of its runs among all
};

class Forest {
 public:
  void Grow(int64_t count) { parents_.resize(static_cast<size_t>(count)); }
  int32_t* data() { return parents_.data(); }
  int32_t Root(int32_t n) {
    while (parents_[static_cast<size_t>(n)] != n) {
      auto& parent = parents_[static_cast<size_t>(n)];
      parent = parents_[static_cast<size_t>(parent)];
      n = parent;
    }
    return n;
  }
  // The smaller becomes the root, so that roots are the first runs of their components.
  void Join(int32_t a, int32_t b) {
    a = Root(a);
    b = Root(b);
    if (a == b) return;
    parents_[static_cast<size_t>(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<int32_t> parents_;
};

void FindRuns(const uint8_t* row, int64_t length, std::vector<Run>& runs) {
  int64_t i = 0;
  while (i < length) {
    // Eight empty voxels at a time.
    uint64_t eight = 0;
    while (i + 8 <= length && (std::memcpy(&eight, row + i, 8), eight == 0)) i += 8;
    while (i < length && row[i] == 0) ++i;
    if (i >= length) break;
    const int64_t begin = i;
    while (i < length && row[i] != 0) ++i;
    runs.push_back({static_cast<int32_t>(begin), static_cast<int32_t>(i)});
  }
}

// Joins the runs of two rows that overlap, or that are within `reach` voxels of it.
void JoinRows(Forest& forest, const Run* a, int64_t a_count, int64_t a_first, const Run* b, int64_t b_count,
              int64_t b_first, int32_t reach) {
  int64_t n = 0, m = 0;
  while (n < a_count && m < b_count) {
    if (a[n].begin < b[m].end + reach && b[m].begin < a[n].end + reach) {
      forest.Join(static_cast<int32_t>(a_first + n), static_cast<int32_t>(b_first + m));
    }
    if (a[n].end < b[m].end) {
      ++n;
    } else {
      ++m;
    }
  }
}

struct Labeller {
  const std::array<int64_t, 3>& size;
  Connectivity connectivity;
  std::vector<Slab> slabs;
  Forest forest;

  const Slab& SlabOf(int64_t k) const { return slabs[static_cast<size_t>(k / kPlanesAtOnce)]; }

  void Join(int64_t j, int64_t k, int64_t other_j, int64_t other_k, int32_t reach) {
    if (other_j < 0 || other_j >= size[1] || other_k < 0) return;
    const Slab& a = SlabOf(k);
    const Slab& b = SlabOf(other_k);
    const auto row = static_cast<size_t>(k % kPlanesAtOnce * size[1] + j);
    const auto other = static_cast<size_t>(other_k % kPlanesAtOnce * size[1] + other_j);
    const int64_t a_first = a.row_first[row], b_first = b.row_first[other];
    JoinRows(forest, a.runs.data() + a_first, a.row_first[row + 1] - a_first, a.offset + a_first,
             b.runs.data() + b_first, b.row_first[other + 1] - b_first, b.offset + b_first, reach);
  }

  // Joins the rows of plane k to the rows before them in the plane, or to the plane below.
  void JoinWithin(int64_t k) {
    const int32_t sideways = connectivity == Connectivity::kFaces ? 0 : 1;
    for (int64_t j = 1; j < size[1]; ++j) Join(j, k, j - 1, k, sideways);
  }
  void JoinBelow(int64_t k) {
    const int32_t sideways = connectivity == Connectivity::kFaces ? 0 : 1;
    for (int64_t j = 0; j < size[1]; ++j) {
      Join(j, k, j, k - 1, sideways);
      if (connectivity == Connectivity::kFaces) continue;
      const int32_t corners = connectivity == Connectivity::kCorners ? 1 : 0;
      Join(j, k, j - 1, k - 1, corners);
      Join(j, k, j + 1, k - 1, corners);
    }
  }
};

}  // namespace

Components LabelComponents(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                           Connectivity connectivity) {
  const int64_t count = (size[2] + kPlanesAtOnce - 1) / kPlanesAtOnce;
  Labeller labeller{size, connectivity, std::vector<Slab>(static_cast<size_t>(count)), {}};
  const auto planes_of = [&](int64_t s) {
    return std::pair(s * kPlanesAtOnce, std::min(size[2], (s + 1) * kPlanesAtOnce));
  };
  ParallelFor(exec, count, 1, [&](int64_t s, int64_t) {
    Slab& slab = labeller.slabs[static_cast<size_t>(s)];
    const auto [first, last] = planes_of(s);
    for (int64_t row = first * size[1]; row < last * size[1]; ++row) {
      slab.row_first.push_back(static_cast<int64_t>(slab.runs.size()));
      FindRuns(mask.data() + row * size[0], size[0], slab.runs);
    }
    slab.row_first.push_back(static_cast<int64_t>(slab.runs.size()));
  });
  int64_t runs = 0;
  for (Slab& slab : labeller.slabs) {
    slab.offset = runs;
    runs += static_cast<int64_t>(slab.runs.size());
  }
  labeller.forest.Grow(runs);
  // A slab joins only its own runs, so slabs do not meet; then their borders are joined one after another.
  ParallelFor(exec, count, 1, [&](int64_t s, int64_t) {
    const Slab& slab = labeller.slabs[static_cast<size_t>(s)];
    for (size_t n = 0; n < slab.runs.size(); ++n) {
      labeller.forest.data()[slab.offset + static_cast<int64_t>(n)] =
          static_cast<int32_t>(slab.offset + static_cast<int64_t>(n));
    }
    const auto [first, last] = planes_of(s);
    for (int64_t k = first; k < last; ++k) {
      labeller.JoinWithin(k);
      if (k > first) labeller.JoinBelow(k);
    }
  });
  for (int64_t s = 1; s < count; ++s) labeller.JoinBelow(s * kPlanesAtOnce);
  Components out;
  std::vector<int32_t> label_of(static_cast<size_t>(runs));
  int64_t n = 0;
  for (const Slab& slab : labeller.slabs) {
    for (const Run& run : slab.runs) {
      const int32_t root = labeller.forest.Root(static_cast<int32_t>(n));
      if (root == n) {
        out.voxels.push_back(0);
        label_of[static_cast<size_t>(n)] = static_cast<int32_t>(out.voxels.size());
      } else {
        label_of[static_cast<size_t>(n)] = label_of[static_cast<size_t>(root)];
      }
      out.voxels[static_cast<size_t>(label_of[static_cast<size_t>(n)] - 1)] += run.end - run.begin;
      ++n;
    }
  }
  out.labels.resize(mask.size());
  ParallelFor(exec, count, 1, [&](int64_t s, int64_t) {
    const Slab& slab = labeller.slabs[static_cast<size_t>(s)];
    const auto [first, last] = planes_of(s);
    for (int64_t row = 0; row < (last - first) * size[1]; ++row) {
      int32_t* to = out.labels.data() + (first * size[1] + row) * size[0];
      for (int64_t r = slab.row_first[static_cast<size_t>(row)]; r < slab.row_first[static_cast<size_t>(row + 1)]; ++r) {
        const Run& run = slab.runs[static_cast<size_t>(r)];
        std::fill(to + run.begin, to + run.end, label_of[static_cast<size_t>(slab.offset + r)]);
      }
    }
  });
  return out;
}

int64_t KeepLargestComponent(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size,
                             Connectivity connectivity) {
  const Components found = LabelComponents(exec, mask, size, connectivity);
  if (found.voxels.size() > 1) {
    const auto largest = std::max_element(found.voxels.begin(), found.voxels.end()) - found.voxels.begin() + 1;
    for (size_t n = 0; n < mask.size(); ++n) {
      if (found.labels[n] != largest) mask[n] = 0;
    }
  }
  return static_cast<int64_t>(found.voxels.size());
}

void DropSmallComponents(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size,
                         Connectivity connectivity, int64_t least_voxels) {
  const Components found = LabelComponents(exec, mask, size, connectivity);
  for (size_t n = 0; n < mask.size(); ++n) {
    const int32_t label = found.labels[n];
    if (label > 0 && found.voxels[static_cast<size_t>(label - 1)] < least_voxels) mask[n] = 0;
  }
}

void FillHoles(const Exec& exec, std::span<uint8_t> mask, const std::array<int64_t, 3>& size) {
  std::vector<uint8_t> background(mask.size());
  for (size_t n = 0; n < mask.size(); ++n) background[n] = mask[n] == 0 ? 1 : 0;
  const Components found = LabelComponents(exec, background, size, Connectivity::kFaces);
  std::vector<uint8_t> open(found.voxels.size() + 1);
  const auto visit = [&](int64_t i, int64_t j, int64_t k) {
    open[static_cast<size_t>(found.labels[static_cast<size_t>((k * size[1] + j) * size[0] + i)])] = 1;
  };
  for (int64_t k = 0; k < size[2]; ++k) {
    for (int64_t j = 0; j < size[1]; ++j) {
      const bool side = k == 0 || k == size[2] - 1 || j == 0 || j == size[1] - 1;
      if (side) {
        for (int64_t i = 0; i < size[0]; ++i) visit(i, j, k);
      } else {
        visit(0, j, k);
        visit(size[0] - 1, j, k);
      }
    }
  }
  for (size_t n = 0; n < mask.size(); ++n) {
    if (background[n] != 0 && open[static_cast<size_t>(found.labels[n])] == 0) mask[n] = 1;
  }
}

}  // namespace isovox
