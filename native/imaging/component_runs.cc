#include "imaging/component_runs.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/error.h"
#include "simd/bits.h"

namespace isovox {
namespace {

// Where a row of bits changes is where runs begin and end, in turn.
void AppendRuns(const std::vector<uint64_t>& words, int64_t length, std::vector<RowRun>& runs) {
  uint64_t before = 0;  // the bit before the word
  int32_t begin = -1;
  for (size_t w = 0; w < words.size(); ++w) {
    uint64_t changes = words[w] ^ (words[w] << 1 | before);
    before = words[w] >> 63;
    for (; changes != 0; changes &= changes - 1) {
      const auto at = static_cast<int32_t>(64 * static_cast<int64_t>(w) + std::countr_zero(changes));
      if (begin < 0) {
        begin = at;
      } else {
        runs.push_back({begin, at});
        begin = -1;
      }
    }
  }
  if (begin >= 0) runs.push_back({begin, static_cast<int32_t>(length)});
}

int32_t RootOf(int32_t* parents, int32_t n) {
  while (parents[n] != n) {
    parents[n] = parents[parents[n]];
    n = parents[n];
  }
  return n;
}

// The smaller becomes the root, so that roots are the first runs of their components.
void Join(int32_t* parents, int32_t a, int32_t b) {
  if (parents[a] == parents[b]) return;
  a = RootOf(parents, a);
  b = RootOf(parents, b);
  parents[std::max(a, b)] = std::min(a, b);
}

}  // namespace

ComponentRuns::ComponentRuns(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                             Connectivity connectivity, Of of)
    : size_(size),
      connectivity_(connectivity),
      slabs_(static_cast<size_t>((size[2] + kPlanesAtOnce - 1) / kPlanesAtOnce)) {
  const auto slabs = static_cast<int64_t>(slabs_.size());
  Find(exec, mask, of);
  int64_t runs = 0;
  for (Slab& slab : slabs_) {
    slab.offset = runs;
    runs += static_cast<int64_t>(slab.runs.size());
  }
  if (runs > std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorCode::kResource, "The mask has " + std::to_string(runs) + " runs of voxels; 2^31 can be labelled");
  }
  component_.resize(static_cast<size_t>(runs));
  // A slab joins only its own runs, so slabs do not meet; then their borders are joined one after another.
  ParallelFor(exec, slabs, 1, [&](int64_t s, int64_t) {
    const Slab& slab = slabs_[static_cast<size_t>(s)];
    const auto own = static_cast<int64_t>(slab.runs.size());
    for (int64_t n = slab.offset; n < slab.offset + own; ++n) component_[static_cast<size_t>(n)] = static_cast<int32_t>(n);
    const int64_t first = s * kPlanesAtOnce, last = std::min(size_[2], first + kPlanesAtOnce);
    for (int64_t k = first; k < last; ++k) {
      JoinWithin(k);
      if (k > first) JoinBelow(k);
    }
  });
  for (int64_t s = 1; s < slabs; ++s) JoinBelow(s * kPlanesAtOnce);
  // A run's parent comes before it, so its component is known already.
  for (size_t n = 0; n < component_.size(); ++n) {
    const auto parent = static_cast<size_t>(component_[n]);
    component_[n] = parent == n ? ++count_ : component_[parent];
  }
}

void ComponentRuns::Find(const Exec& exec, std::span<const uint8_t> mask, Of of) {
  const int64_t length = size_[0];
  ParallelFor(exec, static_cast<int64_t>(slabs_.size()), 1, [&](int64_t s, int64_t) {
    Slab& slab = slabs_[static_cast<size_t>(s)];
    const int64_t first = s * kPlanesAtOnce * size_[1];
    const int64_t last = std::min(size_[2], (s + 1) * kPlanesAtOnce) * size_[1];
    std::vector<uint64_t> words(static_cast<size_t>((length + 63) / 64));
    slab.row_first.reserve(static_cast<size_t>(last - first + 1));
    for (int64_t row = first; row < last; ++row) {
      slab.row_first.push_back(static_cast<int64_t>(slab.runs.size()));
      simd::BitsOfNonzero(mask.data() + row * length, length, words.data());
      if (of == Of::kBackground) {
        for (uint64_t& word : words) word = ~word;
        if (length % 64 != 0) words.back() &= (uint64_t{1} << (length % 64)) - 1;
      }
      AppendRuns(words, length, slab.runs);
    }
    slab.row_first.push_back(static_cast<int64_t>(slab.runs.size()));
  });
}

// Joins the runs of two rows that overlap, or that are within `reach` voxels of it.
void ComponentRuns::JoinRows(int64_t j, int64_t k, int64_t other_j, int64_t other_k, int32_t reach) {
  if (other_j < 0 || other_j >= size_[1] || other_k < 0) return;
  const Slab& one = slabs_[static_cast<size_t>(k / kPlanesAtOnce)];
  const Slab& other = slabs_[static_cast<size_t>(other_k / kPlanesAtOnce)];
  const int64_t* rows = one.row_first.data() + k % kPlanesAtOnce * size_[1] + j;
  const int64_t* other_rows = other.row_first.data() + other_k % kPlanesAtOnce * size_[1] + other_j;
  const RowRun* a = one.runs.data() + rows[0];
  const RowRun* b = other.runs.data() + other_rows[0];
  const RowRun *a_end = one.runs.data() + rows[1], *b_end = other.runs.data() + other_rows[1];
  auto n = static_cast<int32_t>(one.offset + rows[0]), m = static_cast<int32_t>(other.offset + other_rows[0]);
  while (a < a_end && b < b_end) {
    if (a->begin < b->end + reach && b->begin < a->end + reach) Join(component_.data(), n, m);
    // Whichever ends first has met all that it can.
    const int32_t first = a->end < b->end ? 1 : 0;
    a += first;
    n += first;
    b += 1 - first;
    m += 1 - first;
  }
}

// The rows of plane k and those before them in the plane.
void ComponentRuns::JoinWithin(int64_t k) {
  const int32_t sideways = connectivity_ == Connectivity::kFaces ? 0 : 1;
  for (int64_t j = 1; j < size_[1]; ++j) JoinRows(j, k, j - 1, k, sideways);
}

// The rows of plane k and those of the plane before it.
void ComponentRuns::JoinBelow(int64_t k) {
  const int32_t sideways = connectivity_ == Connectivity::kFaces ? 0 : 1;
  for (int64_t j = 0; j < size_[1]; ++j) {
    JoinRows(j, k, j, k - 1, sideways);
    if (connectivity_ == Connectivity::kFaces) continue;
    const int32_t corners = connectivity_ == Connectivity::kCorners ? 1 : 0;
    JoinRows(j, k, j - 1, k - 1, corners);
    JoinRows(j, k, j + 1, k - 1, corners);
  }
}

std::vector<int64_t> ComponentRuns::Voxels() const {
  std::vector<int64_t> voxels(static_cast<size_t>(count_));
  EachRowInOrder([&](int64_t, int64_t, std::span<const RowRun> runs, std::span<const int32_t> components) {
    for (size_t n = 0; n < runs.size(); ++n) {
      voxels[static_cast<size_t>(components[n] - 1)] += runs[n].end - runs[n].begin;
    }
  });
  return voxels;
}

}  // namespace isovox
