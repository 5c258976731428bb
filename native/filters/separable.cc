#include "filters/separable.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/storage.h"
#include "simd/lines.h"

namespace isovox::filters {
namespace {

constexpr int64_t kColumnsAtOnce = 512, kSlicesAtOnce = 4;

// Numbers with any content, where vectors begin at the edge of a cache line.
template <typename T>
class Scratch {
 public:
  explicit Scratch(int64_t numbers) : storage_(Storage::AllocateUnset(static_cast<size_t>(numbers) * sizeof(T))) {}
  T* data() { return storage_->template As<T>().data(); }
  // The least number of numbers >= n that is a whole number of cache lines.
  static int64_t Whole(int64_t n) {
    constexpr int64_t kLine = 64 / sizeof(T);
    return (n + kLine - 1) / kLine * kLine;
  }

 private:
  std::shared_ptr<Storage> storage_;
};

enum class Into { kSet, kAdd };

// A kernel as weights in the order of the samples they meet.
template <typename T>
struct Line {
  std::vector<T> weights;  // weights[t] * in[x + first + t]
  int64_t first = 0;
  bool mirrored;

  explicit Line(const Kernel& kernel)
      : weights(kernel.taps.rbegin(), kernel.taps.rend()),
        first(kernel.centre - static_cast<int64_t>(kernel.taps.size()) + 1),
        mirrored(weights.size() % 2 == 1 && std::equal(weights.begin(), weights.end(), weights.rbegin())) {}
  int64_t taps() const { return static_cast<int64_t>(weights.size()); }

  void Sum(Into into, const T* const* rows, T* out, int64_t n) const {
    if (into == Into::kSet && mirrored) simd::MirroredSum(rows, weights.data(), taps(), out, n);
    if (into == Into::kSet && !mirrored) simd::WeightedSum(rows, weights.data(), taps(), out, n);
    if (into == Into::kAdd && mirrored) simd::AddMirroredSum(rows, weights.data(), taps(), out, n);
    if (into == Into::kAdd && !mirrored) simd::AddWeightedSum(rows, weights.data(), taps(), out, n);
  }
};

// Along i: every row is copied with what lies beyond its ends.
template <typename T>
class AlongRows {
 public:
  AlongRows(int64_t n, Boundary boundary) : n_(n), boundary_(boundary) {}

  void Apply(const Line<T>& line, const T* in, T* out) {
    const int64_t taps = line.taps();
    padded_.resize(static_cast<size_t>(n_ + taps));
    const int64_t last = line.first + taps - 1;  // the furthest sample a voxel needs
    T* to = padded_.data();
    const auto beyond = [&](int64_t at) {
      const int64_t from = BoundaryIndex(at, n_, boundary_);
      return from < 0 ? T{0} : in[from];
    };
    // Samples line.first .. n - 1 + last, of which [0, n) are the row itself.
    int64_t at = line.first;
    for (; at < std::min<int64_t>(0, n_ + last); ++at) *to++ = beyond(at);
    const int64_t end = std::min(n_, n_ + last);
    if (at < end) {
      std::copy(in + std::max<int64_t>(at, 0), in + end, to);
      to += end - at;
      at = end;
    }
    for (; at < n_ + last; ++at) *to++ = beyond(at);
    rows_.resize(static_cast<size_t>(taps));
    for (int64_t t = 0; t < taps; ++t) rows_[static_cast<size_t>(t)] = padded_.data() + t;
    line.Sum(Into::kSet, rows_.data(), out, n_);
  }

 private:
  int64_t n_;
  Boundary boundary_;
  std::vector<T> padded_;
  std::vector<const T*> rows_;
};

// Across rows that lie `stride` apart: lines along j of a slice, or along k of a block.
template <typename T>
class AcrossRows {
 public:
  AcrossRows(int64_t rows, int64_t width, Boundary boundary)
      : count_(rows), width_(width), boundary_(boundary), zeros_(static_cast<size_t>(width), T{0}) {}

  // Row y of the result. Calls need(row) with the last of the rows of `in` that it is made of, before it reads them.
  template <typename Need>
  void Row(Into into, const Line<T>& line, int64_t y, const T* in, int64_t stride, T* out, Need need) {
    rows_.resize(line.weights.size());
    int64_t last = -1;
    for (int64_t t = 0; t < line.taps(); ++t) {
      const int64_t from = BoundaryIndex(y + line.first + t, count_, boundary_);
      rows_[static_cast<size_t>(t)] = from < 0 ? zeros_.data() : in + from * stride;
      last = std::max(last, from);
    }
    need(last);
    line.Sum(into, rows_.data(), out, width_);
  }

  void Apply(Into into, const Line<T>& line, const T* in, int64_t in_stride, T* out, int64_t out_stride) {
    for (int64_t y = 0; y < count_; ++y) Row(into, line, y, in, in_stride, out + y * out_stride, [](int64_t) {});
  }

 private:
  int64_t count_, width_;
  Boundary boundary_;
  std::vector<T> zeros_;
  std::vector<const T*> rows_;
};

// Calls body(scratch, first, width) for the blocks of columns of a field, in parallel; the scratch holds one of them.
template <typename T>
void ForColumns(const Exec& exec, const Field<T>& field, const std::function<void(T* scratch, int64_t first, int64_t width)>& body) {
  const int64_t slice = field.size[0] * field.size[1], blocks = (slice + kColumnsAtOnce - 1) / kColumnsAtOnce;
  ParallelFor(exec, blocks, 8, [&](int64_t begin, int64_t end) {
    Scratch<T> scratch(kColumnsAtOnce * field.size[2]);
    for (int64_t b = begin; b < end; ++b) {
      body(scratch.data(), b * kColumnsAtOnce, std::min(kColumnsAtOnce, slice - b * kColumnsAtOnce));
    }
  });
}

// To rows of kColumnsAtOnce numbers.
template <typename T>
void CopyColumns(const Field<T>& field, int64_t first, int64_t width, T* to) {
  const int64_t slice = field.size[0] * field.size[1];
  for (int64_t k = 0; k < field.size[2]; ++k) std::copy_n(field.data() + k * slice + first, width, to + k * kColumnsAtOnce);
}

}  // namespace

template <typename T>
Field<T> Convolve(const Exec& exec, const Field<T>& in, const Kernels& kernels, Boundary boundary) {
  const int64_t nx = in.size[0], ny = in.size[1], slice = nx * ny;
  Field<T> out(in.size, in.spacing);
  const Line<T> along_i(kernels[0]), along_j(kernels[1]), along_k(kernels[2]);
  ParallelFor(exec, in.size[2], kSlicesAtOnce, [&](int64_t begin, int64_t end) {
    const bool both = !kernels[0].identity() && !kernels[1].identity();
    const int64_t stride = Scratch<T>::Whole(nx);
    Scratch<T> smoothed(both ? stride * ny : 0);
    AlongRows<T> rows(nx, boundary);
    AcrossRows<T> across(ny, nx, boundary);
    for (int64_t k = begin; k < end; ++k) {
      const T* from = in.data() + k * slice;
      T* to = out.data() + k * slice;
      if (both) {
        // Rows are smoothed shortly before they are summed, while they are near.
        int64_t ready = 0;
        for (int64_t j = 0; j < ny; ++j) {
          across.Row(Into::kSet, along_j, j, smoothed.data(), stride, to + j * nx, [&](int64_t last) {
            for (; ready <= last; ++ready) rows.Apply(along_i, from + ready * nx, smoothed.data() + ready * stride);
          });
        }
      } else if (!kernels[0].identity()) {
        for (int64_t j = 0; j < ny; ++j) rows.Apply(along_i, from + j * nx, to + j * nx);
      } else if (!kernels[1].identity()) {
        across.Apply(Into::kSet, along_j, from, nx, to, nx);
      } else {
        std::copy_n(from, slice, to);
      }
    }
  });
  if (kernels[2].identity()) return out;
  ForColumns<T>(exec, out, [&](T* columns, int64_t first, int64_t width) {
    CopyColumns(out, first, width, columns);
    AcrossRows<T>(out.size[2], width, boundary).Apply(Into::kSet, along_k, columns, kColumnsAtOnce, out.data() + first, slice);
  });
  return out;
}

template <typename T>
Field<T> ConvolveCurvature(const Exec& exec, const Field<T>& in, const Kernels& smooth, const Kernels& curvature,
                           Boundary boundary) {
  const int64_t nx = in.size[0], ny = in.size[1], slice = nx * ny;
  const bool solid = !smooth[2].identity();
  Field<T> curved(in.size, in.spacing);                                              // curvature of the slices
  Field<T> smoothed(solid ? in.size : std::array<int64_t, 3>{0, 0, 0}, in.spacing);  // the slices smoothed
  const Line<T> si(smooth[0]), sj(smooth[1]), sk(smooth[2]), ci(curvature[0]), cj(curvature[1]), ck(curvature[2]);
  ParallelFor(exec, in.size[2], kSlicesAtOnce, [&](int64_t begin, int64_t end) {
    const int64_t stride = Scratch<T>::Whole(nx);
    Scratch<T> plain(stride * ny), bent(stride * ny);
    AlongRows<T> rows(nx, boundary);
    AcrossRows<T> across(ny, nx, boundary);
    for (int64_t k = begin; k < end; ++k) {
      int64_t ready = 0;
      const auto need = [&](int64_t last) {
        for (; ready <= last; ++ready) {
          const T* row = in.data() + k * slice + ready * nx;
          rows.Apply(si, row, plain.data() + ready * stride);
          rows.Apply(ci, row, bent.data() + ready * stride);
        }
      };
      for (int64_t j = 0; j < ny; ++j) {
        const int64_t at = k * slice + j * nx;
        across.Row(Into::kSet, sj, j, bent.data(), stride, curved.data() + at, need);
        across.Row(Into::kAdd, cj, j, plain.data(), stride, curved.data() + at, need);
        if (solid) across.Row(Into::kSet, sj, j, plain.data(), stride, smoothed.data() + at, need);
      }
    }
  });
  if (!solid) return curved;
  ForColumns<T>(exec, curved, [&](T* columns, int64_t first, int64_t width) {
    AcrossRows<T> across(in.size[2], width, boundary);
    CopyColumns(curved, first, width, columns);
    across.Apply(Into::kSet, sk, columns, kColumnsAtOnce, curved.data() + first, slice);
    CopyColumns(smoothed, first, width, columns);
    across.Apply(Into::kAdd, ck, columns, kColumnsAtOnce, curved.data() + first, slice);
  });
  return curved;
}

template Field<float> Convolve(const Exec&, const Field<float>&, const Kernels&, Boundary);
template Field<double> Convolve(const Exec&, const Field<double>&, const Kernels&, Boundary);
template Field<float> ConvolveCurvature(const Exec&, const Field<float>&, const Kernels&, const Kernels&, Boundary);
template Field<double> ConvolveCurvature(const Exec&, const Field<double>&, const Kernels&, const Kernels&, Boundary);

}  // namespace isovox::filters
