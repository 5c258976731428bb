#include "filters/stationary_wavelet.h"

#include <algorithm>
#include <cstdint>

#include "simd/lines.h"

namespace isovox::filters {
namespace {

constexpr int64_t kSlicesAtOnce = 4, kColumnsAtOnce = 512, kBlocksAtOnce = 8;

// The terms of every sample along an axis, in PyWavelets' order: by tap; of a sample whose taps reach beyond the end, those
// that do so come first, from the beginning of the axis on.
template <typename T>
class Axis {
 public:
  Axis(const std::vector<double>& taps, int64_t n) : taps_(taps.begin(), taps.end()), n_(n), half_(static_cast<int64_t>(taps.size()) / 2) {}

  bool kept() const { return taps_.empty(); }
  int64_t size() const { return n_; }
  int64_t count() const { return static_cast<int64_t>(taps_.size()); }
  const std::vector<T>& taps() const { return taps_; }

  // Samples [first, end) are sums by tap, without a turn.
  int64_t first() const { return std::clamp<int64_t>(count() - 1 - half_, 0, n_); }
  int64_t end() const { return std::clamp<int64_t>(n_ - half_, first(), n_); }
  // Of such a sample tap t meets the sample this much further.
  int64_t ReachOf(int64_t t) const { return half_ - t; }

  // add(weight, sample) for each term of sample x.
  template <typename Add>
  void Terms(int64_t x, Add add) const {
    const int64_t at = x + half_, beyond = std::min(at - n_, count() - 1);
    for (int64_t t = beyond; t >= 0; --t) Term(at, t, add);
    for (int64_t t = std::max<int64_t>(beyond + 1, 0); t < count(); ++t) Term(at, t, add);
  }

 private:
  template <typename Add>
  void Term(int64_t at, int64_t t, Add add) const {
    add(taps_[static_cast<size_t>(t)], ((at - t) % n_ + n_) % n_);
  }

  std::vector<T> taps_;
  int64_t n_, half_;
};

template <typename T>
void AlongRow(const Axis<T>& axis, const T* in, T* out, std::vector<const T*>& rows) {
  const int64_t first = axis.first(), end = axis.end();
  rows.clear();
  for (int64_t t = 0; t < axis.count(); ++t) rows.push_back(in + first + axis.ReachOf(t));
  if (end > first) simd::WeightedSum(rows.data(), axis.taps().data(), axis.count(), out + first, end - first);
  const auto one_by_one = [&](int64_t from, int64_t to) {
    for (int64_t x = from; x < to; ++x) {
      T sum = 0;
      axis.Terms(x, [&](T weight, int64_t sample) { sum += weight * in[sample]; });
      out[x] = sum;
    }
  };
  one_by_one(0, first);
  one_by_one(end, axis.size());
}

template <typename T>
void AcrossRows(const Axis<T>& axis, const T* in, int64_t in_stride, T* out, int64_t out_stride, int64_t width) {
  std::vector<const T*> rows;
  std::vector<T> weights;
  for (int64_t y = 0; y < axis.size(); ++y) {
    rows.clear();
    weights.clear();
    axis.Terms(y, [&](T weight, int64_t sample) {
      rows.push_back(in + sample * in_stride);
      weights.push_back(weight);
    });
    simd::WeightedSum(rows.data(), weights.data(), axis.count(), out + y * out_stride, width);
  }
}

}  // namespace

template <typename T>
Field<T> StationaryBand(const Exec& exec, const Field<T>& in, const std::array<std::vector<double>, 3>& taps) {
  const Axis<T> i(taps[0], in.size[0]), j(taps[1], in.size[1]), k(taps[2], in.size[2]);
  const int64_t nx = in.size[0], ny = in.size[1], slice = nx * ny;
  Field<T> out(in.size, in.spacing);
  ParallelFor(exec, in.size[2], kSlicesAtOnce, [&](int64_t begin, int64_t end) {
    std::vector<T> rows(static_cast<size_t>(slice));
    std::vector<const T*> pointers;
    for (int64_t z = begin; z < end; ++z) {
      const T* from = in.data() + z * slice;
      if (i.kept()) {
        std::copy_n(from, slice, rows.data());
      } else {
        for (int64_t y = 0; y < ny; ++y) AlongRow(i, from + y * nx, rows.data() + y * nx, pointers);
      }
      if (j.kept()) {
        std::copy_n(rows.data(), slice, out.data() + z * slice);
      } else {
        AcrossRows(j, rows.data(), nx, out.data() + z * slice, nx, nx);
      }
    }
  });
  if (k.kept()) return out;
  const int64_t blocks = (slice + kColumnsAtOnce - 1) / kColumnsAtOnce;
  ParallelFor(exec, blocks, kBlocksAtOnce, [&](int64_t begin, int64_t end) {
    std::vector<T> columns(static_cast<size_t>(kColumnsAtOnce * in.size[2]));
    for (int64_t first = begin * kColumnsAtOnce; first < std::min(slice, end * kColumnsAtOnce); first += kColumnsAtOnce) {
      const int64_t width = std::min(kColumnsAtOnce, slice - first);
      for (int64_t z = 0; z < in.size[2]; ++z) std::copy_n(out.data() + z * slice + first, width, columns.data() + z * kColumnsAtOnce);
      AcrossRows(k, columns.data(), kColumnsAtOnce, out.data() + first, slice, width);
    }
  });
  return out;
}

template Field<float> StationaryBand(const Exec&, const Field<float>&, const std::array<std::vector<double>, 3>&);
template Field<double> StationaryBand(const Exec&, const Field<double>&, const std::array<std::vector<double>, 3>&);

}  // namespace isovox::filters
