#include "filters/median.h"

#include <algorithm>
#include <vector>

#include "simd/lines.h"

namespace isovox::filters {
namespace {

// Rows of the neighbourhood of one line, each with what lies beyond its ends, `reach` on both sides.
template <typename T>
class Rows {
 public:
  Rows(const Field<T>& in, int64_t reach, bool slices, Boundary boundary)
      : in_(in), reach_(reach), deep_(slices ? 0 : reach), boundary_(boundary), width_(in.size[0] + 2 * reach) {
    const auto count = static_cast<size_t>((2 * reach + 1) * (2 * deep_ + 1));
    values_.resize(count * static_cast<size_t>(width_));
    for (size_t r = 0; r < count; ++r) rows.push_back(values_.data() + r * static_cast<size_t>(width_));
  }

  // The next line of a slice needs one new row of each of its slices; the order of rows does not matter.
  void Load(int64_t j, int64_t k) {
    const int64_t across = 2 * reach_ + 1;
    const int64_t first = k == k_ && j == j_ + 1 ? reach_ : -reach_;
    for (int64_t dk = -deep_; dk <= deep_; ++dk) {
      for (int64_t dj = first; dj <= reach_; ++dj) {
        const int64_t place = (dk + deep_) * across + (j + dj + across) % across;
        LoadRow(BoundaryIndex(j + dj, in_.size[1], boundary_), BoundaryIndex(k + dk, in_.size[2], boundary_), values_.data() + place * width_);
      }
    }
    j_ = j;
    k_ = k;
  }

  std::vector<const T*> rows;

 private:
  void LoadRow(int64_t y, int64_t z, T* to) {
    if (y < 0 || z < 0) {
      std::fill_n(to, width_, T{0});
      return;
    }
    const T* row = in_.data() + (z * in_.size[1] + y) * in_.size[0];
    std::copy_n(row, in_.size[0], to + reach_);
    for (int64_t x = 0; x < reach_; ++x) {
      const int64_t before = BoundaryIndex(x - reach_, in_.size[0], boundary_);
      const int64_t after = BoundaryIndex(in_.size[0] + x, in_.size[0], boundary_);
      to[x] = before < 0 ? T{0} : row[before];
      to[reach_ + in_.size[0] + x] = after < 0 ? T{0} : row[after];
    }
  }

  const Field<T>& in_;
  int64_t reach_, deep_;
  Boundary boundary_;
  int64_t width_;
  int64_t j_ = -2, k_ = -1;  // of the line that was loaded last
  std::vector<T> values_;
};

}  // namespace

template <typename T>
Field<T> Median(const Exec& exec, const Field<T>& in, int64_t support, bool slices, Boundary boundary) {
  Field<T> out(in.size, in.spacing);
  ParallelFor(exec, in.size[1] * in.size[2], 64, [&](int64_t begin, int64_t end) {
    Rows<T> neighbours(in, support / 2, slices, boundary);
    std::vector<T> window(neighbours.rows.size() * static_cast<size_t>(support));
    for (int64_t line = begin; line < end; ++line) {
      neighbours.Load(line % in.size[1], line / in.size[1]);
      T* to = out.data() + line * in.size[0];
      if (support == 3 && !slices) {
        simd::MedianOf27(neighbours.rows.data(), to, in.size[0]);
        continue;
      }
      for (int64_t x = 0; x < in.size[0]; ++x) {
        T* at = window.data();
        for (const T* row : neighbours.rows) at = std::copy_n(row + x, support, at);
        const auto middle = window.begin() + static_cast<std::ptrdiff_t>(window.size() / 2);
        std::nth_element(window.begin(), middle, window.end());
        to[x] = *middle;
      }
    }
  });
  return out;
}

template Field<float> Median(const Exec&, const Field<float>&, int64_t, bool, Boundary);
template Field<double> Median(const Exec&, const Field<double>&, int64_t, bool, Boundary);

}  // namespace isovox::filters
