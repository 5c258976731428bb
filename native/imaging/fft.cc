#include "imaging/fft.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "base/error.h"

namespace isovox {
namespace {

constexpr int64_t kLinesAtOnce = 16;

// Transforms lines along `axis` whose start has the other two coordinates below `limit`.
void AlongAxis(const Exec& exec, ComplexBox& box, size_t axis, const std::array<int64_t, 3>& limit) {
  const int64_t length = box.size[axis];
  if (length == 1) return;
  const Fft<double> plan(length);
  const std::array<int64_t, 3> step{1, box.size[0], box.size[0] * box.size[1]};
  const size_t u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
  const int64_t blocks = (limit[u] + kLinesAtOnce - 1) / kLinesAtOnce;
  ParallelFor(exec, limit[v] * blocks, 8, [&](int64_t begin, int64_t end) {
    std::vector<double> re(static_cast<size_t>(length * kLinesAtOnce)), im(re.size());
    for (int64_t job = begin; job < end; ++job) {
      const int64_t first = job % blocks * kLinesAtOnce, lines = std::min(kLinesAtOnce, limit[u] - first);
      const int64_t base = job / blocks * step[v] + first * step[u];
      for (int64_t t = 0; t < length; ++t) {
        for (int64_t b = 0; b < lines; ++b) {
          const auto at = static_cast<size_t>(base + b * step[u] + t * step[axis]);
          re[static_cast<size_t>(t * lines + b)] = box.re[at];
          im[static_cast<size_t>(t * lines + b)] = box.im[at];
        }
      }
      plan.Forward(re.data(), im.data(), lines);
      for (int64_t t = 0; t < length; ++t) {
        for (int64_t b = 0; b < lines; ++b) {
          const auto at = static_cast<size_t>(base + b * step[u] + t * step[axis]);
          box.re[at] = re[static_cast<size_t>(t * lines + b)];
          box.im[at] = im[static_cast<size_t>(t * lines + b)];
        }
      }
    }
  });
}

}  // namespace

int64_t FastFftLength(int64_t n) {
  for (int64_t length = n;; ++length) {
    int64_t rest = length;
    for (const int radix : {2, 3, 5}) {
      while (rest % radix == 0) rest /= radix;
    }
    if (rest == 1) return length;
  }
}

template <typename T>
Fft<T>::Fft(int64_t length) : length_(length), cos_(static_cast<size_t>(length)), sin_(cos_.size()) {
  if (length < 1) throw Error(ErrorCode::kInternal, "Expected a length of at least 1", {{"where", "Fft"}});
  int64_t rest = length;
  for (const int radix : {4, 2, 3, 5}) {
    for (; rest % radix == 0; rest /= radix) radices_.push_back(radix);
  }
  const bool chirped = rest != 1;
  for (int64_t t = 0; t < length; ++t) {
    // t^2 is taken modulo 2 n, so that large angles keep their digits.
    const double turns = chirped ? static_cast<double>(t * t % (2 * length)) / 2 : static_cast<double>(t);
    const double angle = 2 * std::numbers::pi * turns / static_cast<double>(length);
    cos_[static_cast<size_t>(t)] = static_cast<T>(std::cos(angle));
    sin_[static_cast<size_t>(t)] = static_cast<T>(std::sin(angle));
  }
  if (!chirped) {
    int64_t n = length;
    for (const int radix : radices_) {
      const int64_t m = n / radix, jump = length / n;
      for (int64_t p = 0; p < m; ++p) {
        for (int64_t a = 1; a < radix; ++a) {
          const auto t = static_cast<size_t>(p * a * jump % length);
          turns_.push_back({cos_[t], -sin_[t]});
        }
      }
      n = m;
    }
    return;
  }
  const int64_t wide = FastFftLength(2 * length - 1);
  wide_ = std::make_shared<const Fft<T>>(wide);
  chirp_re_.assign(static_cast<size_t>(wide), 0);
  chirp_im_.assign(static_cast<size_t>(wide), 0);
  for (int64_t t = 0; t < length; ++t) {
    const auto at = static_cast<size_t>(t), mirror = static_cast<size_t>(t == 0 ? 0 : wide - t);
    chirp_re_[at] = chirp_re_[mirror] = cos_[at];
    chirp_im_[at] = chirp_im_[mirror] = sin_[at];
  }
  wide_->Forward(chirp_re_.data(), chirp_im_.data(), 1);
}

template <typename T>
void Fft<T>::Forward(T* re, T* im, int64_t batch, int64_t filled) const {
  if (wide_) {
    std::fill(re + filled * batch, re + length_ * batch, T{0});
    std::fill(im + filled * batch, im + length_ * batch, T{0});
    Chirped(re, im, batch);
  } else {
    Factored(re, im, batch, filled);
  }
}

// f t = (f^2 + t^2 - (f - t)^2) / 2 makes the transform a convolution with a chirp (L. I. Bluestein, 1970).
template <typename T>
void Fft<T>::Chirped(T* re, T* im, int64_t batch) const {
  const auto wide = static_cast<int64_t>(chirp_re_.size());
  std::vector<T> yr(static_cast<size_t>(wide * batch), T{0}), yi(yr.size(), T{0});
  for (int64_t t = 0; t < length_; ++t) {
    const T c = cos_[static_cast<size_t>(t)], s = sin_[static_cast<size_t>(t)];
    for (int64_t b = 0; b < batch; ++b) {
      const T xr = re[t * batch + b], xi = im[t * batch + b];
      yr[static_cast<size_t>(t * batch + b)] = xr * c + xi * s;
      yi[static_cast<size_t>(t * batch + b)] = xi * c - xr * s;
    }
  }
  wide_->Forward(yr.data(), yi.data(), batch);
  for (int64_t f = 0; f < wide; ++f) {
    const T c = chirp_re_[static_cast<size_t>(f)], s = chirp_im_[static_cast<size_t>(f)];
    for (int64_t b = 0; b < batch; ++b) {
      const auto at = static_cast<size_t>(f * batch + b);
      const T xr = yr[at], xi = yi[at];
      yr[at] = xr * c - xi * s;
      yi[at] = xr * s + xi * c;
    }
  }
  wide_->Forward(yi.data(), yr.data(), batch);  // exchanged: the inverse
  const T scale = 1 / static_cast<T>(wide);
  for (int64_t f = 0; f < length_; ++f) {
    const T c = cos_[static_cast<size_t>(f)] * scale, s = sin_[static_cast<size_t>(f)] * scale;
    for (int64_t b = 0; b < batch; ++b) {
      const auto at = static_cast<size_t>(f * batch + b);
      re[f * batch + b] = yr[at] * c + yi[at] * s;
      im[f * batch + b] = yi[at] * c - yr[at] * s;
    }
  }
}

template <typename T>
void Fft<T>::Factored(T* re, T* im, int64_t batch, int64_t filled) const {
  const auto scratch = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(2 * length_ * batch));
  T *xr = re, *xi = im, *yr = scratch.get(), *yi = scratch.get() + length_ * batch;
  int64_t n = length_, stride = batch;
  const FftTurn<T>* turns = turns_.data();
  const int first = radices_.empty() ? 1 : radices_[0];
  const bool half = (first == 3 || first == 4) && filled * first <= 2 * n;
  const int64_t read = half ? 2 * n / first : n;
  std::fill(re + filled * batch, re + read * batch, T{0});
  std::fill(im + filled * batch, im + read * batch, T{0});
  for (const int radix : radices_) {
    const int64_t m = n / radix;
    const FftStep<T> step = half && n == length_ ? FftHalfStepOf<T>(radix) : FftStepOf<T>(radix);
    step(m, stride, xr, xi, yr, yi, turns);
    turns += m * (radix - 1);
    n = m;
    stride *= radix;
    std::swap(xr, yr);
    std::swap(xi, yi);
  }
  if (xr != re) {
    std::copy(xr, xr + length_ * batch, re);
    std::copy(xi, xi + length_ * batch, im);
  }
}

template class Fft<float>;
template class Fft<double>;

void Forward3d(const Exec& exec, ComplexBox& box, const std::array<int64_t, 3>& filled) {
  AlongAxis(exec, box, 0, filled);
  AlongAxis(exec, box, 1, {box.size[0], box.size[1], filled[2]});
  AlongAxis(exec, box, 2, box.size);
}

void Forward3d(const Exec& exec, ComplexBox& box) { Forward3d(exec, box, box.size); }

void ForwardSlices(const Exec& exec, ComplexBox& box) {
  AlongAxis(exec, box, 0, box.size);
  AlongAxis(exec, box, 1, box.size);
}

void ForwardRows(const Exec& exec, ComplexBox& box, int64_t rows) {
  AlongAxis(exec, box, 1, box.size);
  AlongAxis(exec, box, 0, {box.size[0], rows, box.size[2]});
}

void Inverse3d(const Exec& exec, ComplexBox& box) {
  std::swap(box.re, box.im);
  Forward3d(exec, box);
  std::swap(box.re, box.im);
  const double scale = 1 / static_cast<double>(box.re.size());
  for (double& x : box.re) x *= scale;
  for (double& x : box.im) x *= scale;
}

}  // namespace isovox
