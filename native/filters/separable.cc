#include "filters/separable.h"

#include <algorithm>
#include <vector>

#include "simd/lines.h"

namespace isovox::filters {
namespace {

constexpr int64_t kColumnsAtOnce = 256;

// A kernel as weights in the order of the samples they meet.
template <typename T>
struct Line {
  std::vector<T> weights;  // weights[t] * in[x + first + t]
  int64_t first = 0;

  explicit Line(const Kernel& kernel)
      : weights(kernel.taps.rbegin(), kernel.taps.rend()),
        first(kernel.centre - static_cast<int64_t>(kernel.taps.size()) + 1) {}
  int64_t taps() const { return static_cast<int64_t>(weights.size()); }
};

enum class Into { kSet, kAdd };

template <typename T>
void Sum(Into into, const std::vector<const T*>& rows, const std::vector<T>& weights, T* out, int64_t n) {
  const auto taps = static_cast<int64_t>(weights.size());
  if (into == Into::kAdd) {
    simd::AddWeightedSum(rows.data(), weights.data(), taps, out, n);
  } else {
    simd::WeightedSum(rows.data(), weights.data(), taps, out, n);
  }
}

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
    Sum(Into::kSet, rows_, line.weights, out, n_);
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

  void Apply(Into into, const Line<T>& line, const T* in, int64_t in_stride, T* out, int64_t out_stride) {
    rows_.resize(line.weights.size());
    for (int64_t y = 0; y < count_; ++y) {
      for (int64_t t = 0; t < line.taps(); ++t) {
        const int64_t from = BoundaryIndex(y + line.first + t, count_, boundary_);
        rows_[static_cast<size_t>(t)] = from < 0 ? zeros_.data() : in + from * in_stride;
      }
      Sum(into, rows_, line.weights, out + y * out_stride, width_);
    }
  }

 private:
  int64_t count_, width_;
  Boundary boundary_;
  std::vector<T> zeros_;
  std::vector<const T*> rows_;
};

// Calls body(first, width) for the blocks of columns of a field, in parallel.
template <typename T>
void ForColumns(const Exec& exec, const Field<T>& field, const std::function<void(int64_t first, int64_t width)>& body) {
  const int64_t slice = field.size[0] * field.size[1], blocks = (slice + kColumnsAtOnce - 1) / kColumnsAtOnce;
  ParallelFor(exec, blocks, 8, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      body(b * kColumnsAtOnce, std::min(kColumnsAtOnce, slice - b * kColumnsAtOnce));
    }
  });
}

template <typename T>
void CopyColumns(const Field<T>& field, int64_t first, int64_t width, std::vector<T>& to) {
  const int64_t slice = field.size[0] * field.size[1];
  to.resize(static_cast<size_t>(width * field.size[2]));
  for (int64_t k = 0; k < field.size[2]; ++k) std::copy_n(field.data() + k * slice + first, width, to.data() + k * width);
}

}  // namespace

template <typename T>
Field<T> Convolve(const Exec& exec, const Field<T>& in, const Kernels& kernels, Boundary boundary) {
  const int64_t nx = in.size[0], ny = in.size[1], slice = nx * ny;
  Field<T> out(in.size, in.spacing);
  const Line<T> along_i(kernels[0]), along_j(kernels[1]), along_k(kernels[2]);
  ParallelFor(exec, in.size[2], 1, [&](int64_t k, int64_t) {
    const T* from = in.data() + k * slice;
    T* to = out.data() + k * slice;
    std::vector<T> buffer;
    if (!kernels[0].identity()) {
      AlongRows<T> rows(nx, boundary);
      T* smoothed = to;
      if (!kernels[1].identity()) {
        buffer.resize(static_cast<size_t>(slice));
        smoothed = buffer.data();
      }
      for (int64_t j = 0; j < ny; ++j) rows.Apply(along_i, from + j * nx, smoothed + j * nx);
      from = smoothed;
    }
    if (!kernels[1].identity()) {
      AcrossRows<T>(ny, nx, boundary).Apply(Into::kSet, along_j, from, nx, to, nx);
    } else if (from != to) {
      std::copy_n(from, slice, to);
    }
  });
  if (kernels[2].identity()) return out;
  ForColumns<T>(exec, out, [&](int64_t first, int64_t width) {
    std::vector<T> columns;
    CopyColumns(out, first, width, columns);
    AcrossRows<T>(out.size[2], width, boundary).Apply(Into::kSet, along_k, columns.data(), width, out.data() + first, slice);
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
  ParallelFor(exec, in.size[2], 1, [&](int64_t k, int64_t) {
    std::vector<T> plain(static_cast<size_t>(slice)), bent(plain.size());
    AlongRows<T> rows(nx, boundary);
    for (int64_t j = 0; j < ny; ++j) {
      const T* row = in.data() + k * slice + j * nx;
      rows.Apply(si, row, plain.data() + j * nx);
      rows.Apply(ci, row, bent.data() + j * nx);
    }
    AcrossRows<T> across(ny, nx, boundary);
    T* out = curved.data() + k * slice;
    across.Apply(Into::kSet, sj, bent.data(), nx, out, nx);
    across.Apply(Into::kAdd, cj, plain.data(), nx, out, nx);
    if (solid) across.Apply(Into::kSet, sj, plain.data(), nx, smoothed.data() + k * slice, nx);
  });
  if (!solid) return curved;
  ForColumns<T>(exec, curved, [&](int64_t first, int64_t width) {
    std::vector<T> columns;
    AcrossRows<T> across(in.size[2], width, boundary);
    CopyColumns(curved, first, width, columns);
    across.Apply(Into::kSet, sk, columns.data(), width, curved.data() + first, slice);
    CopyColumns(smoothed, first, width, columns);
    across.Apply(Into::kAdd, ck, columns.data(), width, curved.data() + first, slice);
  });
  return curved;
}

template Field<float> Convolve(const Exec&, const Field<float>&, const Kernels&, Boundary);
template Field<double> Convolve(const Exec&, const Field<double>&, const Kernels&, Boundary);
template Field<float> ConvolveCurvature(const Exec&, const Field<float>&, const Kernels&, const Kernels&, Boundary);
template Field<double> ConvolveCurvature(const Exec&, const Field<double>&, const Kernels&, const Kernels&, Boundary);

}  // namespace isovox::filters
