#include "imaging/resample_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/storage.h"
#include "imaging/taps.h"
#include "simd/spline.h"
#include "simd/transpose.h"

namespace isovox {
namespace {

constexpr int64_t kSlicesAtOnce = 2, kColumnsAtOnce = 512, kBlocksAtOnce = 4;

// One axis: output samples begin .. begin + outputs - 1 of n inputs.
template <typename T>
struct Axis {
  bool identity;
  bool spline;          // the inputs become coefficients first
  int64_t n, begin, outputs;
  int64_t count;        // taps of each output
  std::vector<simd::Taps<T>> taps;

  Axis(const AxisMap& map, int64_t inputs, int64_t first, int64_t end, Interpolation method)
      : identity(map.kept()),
        spline(method == Interpolation::kCubic && !identity && inputs > 1),
        n(inputs),
        begin(first),
        outputs(end - first),
        count(TapCount(method)) {
    for (int64_t o = first; o < end; ++o) {
      const auto [at, weight] = TapsAt(map.PlaceOf(o), n, method, map.mirrored);
      simd::Taps<T>& own = taps.emplace_back();
      own.at = at;
      for (size_t k = 0; k < 4; ++k) own.weight[k] = static_cast<T>(weight[k]);
    }
  }

  // In place for `width` lines side by side; then from there to `out`.
  void Run(T* lines, int64_t stride, int64_t width, T* out, int64_t out_stride) const {
    if (identity) {
      for (int64_t o = 0; o < outputs; ++o) std::copy_n(lines + (begin + o) * stride, width, out + o * out_stride);
      return;
    }
    if (spline) simd::SplineCoefficients(lines, n, width, stride);
    simd::Interpolate(lines, stride, taps.data(), outputs, count, width, out, out_stride);
  }
};

template <typename T>
constexpr int64_t kLanes = 64 / sizeof(T);

template <typename T>
int64_t Whole(int64_t n) {
  return (n + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
}

// Numbers on whole cache lines.
template <typename T>
class Scratch {
 public:
  explicit Scratch(int64_t numbers) : storage_(Storage::AllocateUnset(static_cast<size_t>(numbers) * sizeof(T))) {}
  T* data() { return storage_->template As<T>().data(); }

 private:
  std::shared_ptr<Storage> storage_;
};

// A slice along i, then along j.
template <typename T>
class Slices {
 public:
  Slices(const Axis<T>& i, const Axis<T>& j)
      : i_(i), j_(j), wide_in_(Whole<T>(i.n)), wide_out_(Whole<T>(i.outputs)), rows_(kLanes<T> * wide_in_), lines_(kLanes<T> * wide_in_),
        results_(kLanes<T> * wide_out_), slice_(j.n * wide_out_) {
    // Lines beyond the last row are computed too.
    std::fill_n(rows_.data(), kLanes<T> * wide_in_, T{0});
  }

  void Run(int64_t k, const RowReader<T>& read, T* out) {
    for (int64_t j = 0; j < j_.n; j += kLanes<T>) {
      const int64_t rows = std::min(kLanes<T>, j_.n - j);
      for (int64_t r = 0; r < rows; ++r) read(j + r, k, rows_.data() + r * wide_in_);
      T* to = slice_.data() + j * wide_out_;
      if (i_.identity) {
        for (int64_t r = 0; r < rows; ++r) std::copy_n(rows_.data() + r * wide_in_ + i_.begin, i_.outputs, to + r * wide_out_);
        continue;
      }
      simd::Transpose(rows_.data(), wide_in_, kLanes<T>, i_.n, lines_.data(), kLanes<T>);
      i_.Run(lines_.data(), kLanes<T>, kLanes<T>, results_.data(), kLanes<T>);
      simd::Transpose(results_.data(), kLanes<T>, i_.outputs, rows, to, wide_out_);
    }
    j_.Run(slice_.data(), wide_out_, i_.outputs, out, i_.outputs);
  }

 private:
  const Axis<T>&i_, &j_;
  int64_t wide_in_, wide_out_;
  Scratch<T> rows_, lines_, results_, slice_;
};

}  // namespace

template <typename T>
void ResampleRows(const Exec& exec, const std::array<int64_t, 3>& size, const std::array<AxisMap, 3>& axes, const IndexBox& box,
                  Interpolation method, const RowReader<T>& read, const RunWriter<T>& write) {
  const Axis<T> i(axes[0], size[0], box.begin[0], box.end[0], method), j(axes[1], size[1], box.begin[1], box.end[1], method),
      k(axes[2], size[2], box.begin[2], box.end[2], method);
  const int64_t plane = i.outputs * j.outputs;
  const int64_t factors[] = {i.outputs, j.outputs, k.n, static_cast<int64_t>(sizeof(T))};
  const auto middle = Storage::AllocateUnset(CheckedProduct(factors));  // resampled along i and j
  T* slices = middle->template As<T>().data();
  ParallelFor(exec, k.n, kSlicesAtOnce, [&](int64_t begin, int64_t end) {
    Slices<T> slice(i, j);
    for (int64_t z = begin; z < end; ++z) slice.Run(z, read, slices + z * plane);
  });
  const int64_t blocks = (plane + kColumnsAtOnce - 1) / kColumnsAtOnce;
  ParallelFor(exec, blocks, kBlocksAtOnce, [&](int64_t begin, int64_t end) {
    Scratch<T> columns(k.n * kColumnsAtOnce), results(k.outputs * kColumnsAtOnce);
    for (int64_t first = begin * kColumnsAtOnce; first < std::min(plane, end * kColumnsAtOnce); first += kColumnsAtOnce) {
      const int64_t width = std::min(kColumnsAtOnce, plane - first);
      for (int64_t z = 0; z < k.n; ++z) std::copy_n(slices + z * plane + first, width, columns.data() + z * kColumnsAtOnce);
      k.Run(columns.data(), kColumnsAtOnce, width, results.data(), kColumnsAtOnce);
      for (int64_t z = 0; z < k.outputs; ++z) write(z * plane + first, width, results.data() + z * kColumnsAtOnce);
    }
  });
}

template void ResampleRows(const Exec&, const std::array<int64_t, 3>&, const std::array<AxisMap, 3>&, const IndexBox&, Interpolation,
                           const RowReader<float>&, const RunWriter<float>&);
template void ResampleRows(const Exec&, const std::array<int64_t, 3>&, const std::array<AxisMap, 3>&, const IndexBox&, Interpolation,
                           const RowReader<double>&, const RunWriter<double>&);

}  // namespace isovox
