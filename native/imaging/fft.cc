#include "imaging/fft.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <utility>

#include "base/error.h"
#include "simd/targets.h"

namespace isovox {
namespace {

constexpr int64_t kLinesAtOnce = 16;

// One Stockham step of radix R: m groups of R inputs, `stride` apart, to R outputs each. Group p turns its output a by
// turns[p * (R - 1) + a - 1].
template <int R>
[[gnu::always_inline]] inline void StepBody(int64_t m, int64_t stride, const double* __restrict xr, const double* __restrict xi, double* __restrict yr,
                                            double* __restrict yi, const FftTurn* turns) {
  static_assert(R == 2);
  for (int64_t p = 0; p < m; ++p) {
    const FftTurn t = turns[p];
    const double *r0 = xr + stride * p, *r1 = r0 + stride * m, *i0 = xi + stride * p, *i1 = i0 + stride * m;
    double *o = yr + stride * 2 * p, *z = yi + stride * 2 * p;
    for (int64_t q = 0; q < stride; ++q) {
      const double dr = r0[q] - r1[q], di = i0[q] - i1[q];
      o[q] = r0[q] + r1[q];
      z[q] = i0[q] + i1[q];
      o[q + stride] = dr * t.c - di * t.s;
      z[q + stride] = dr * t.s + di * t.c;
    }
  }
}

template <>
[[gnu::always_inline]] inline void StepBody<4>(int64_t m, int64_t stride, const double* __restrict xr, const double* __restrict xi, double* __restrict yr,
                                               double* __restrict yi, const FftTurn* turns) {
  for (int64_t p = 0; p < m; ++p) {
    const FftTurn* t = turns + 3 * p - 1;
    const double *r0 = xr + stride * p, *r1 = r0 + stride * m, *r2 = r1 + stride * m, *r3 = r2 + stride * m;
    const double *i0 = xi + stride * p, *i1 = i0 + stride * m, *i2 = i1 + stride * m, *i3 = i2 + stride * m;
    double *o = yr + stride * 4 * p, *z = yi + stride * 4 * p;
    for (int64_t q = 0; q < stride; ++q) {
      const double sr = r0[q] + r2[q], si = i0[q] + i2[q], dr = r0[q] - r2[q], di = i0[q] - i2[q];
      const double ur = r1[q] + r3[q], ui = i1[q] + i3[q], vr = r1[q] - r3[q], vi = i1[q] - i3[q];
      const double br = dr + vi, bi = di - vr, cr = sr - ur, ci = si - ui, er = dr - vi, ei = di + vr;
      o[q] = sr + ur;
      z[q] = si + ui;
      o[q + stride] = br * t[1].c - bi * t[1].s;
      z[q + stride] = br * t[1].s + bi * t[1].c;
      o[q + 2 * stride] = cr * t[2].c - ci * t[2].s;
      z[q + 2 * stride] = cr * t[2].s + ci * t[2].c;
      o[q + 3 * stride] = er * t[3].c - ei * t[3].s;
      z[q + 3 * stride] = er * t[3].s + ei * t[3].c;
    }
  }
}

template <>
[[gnu::always_inline]] inline void StepBody<3>(int64_t m, int64_t stride, const double* __restrict xr, const double* __restrict xi, double* __restrict yr,
                                               double* __restrict yi, const FftTurn* turns) {
  const double root = std::numbers::sqrt3 / 2;
  for (int64_t p = 0; p < m; ++p) {
    const FftTurn t1 = turns[2 * p], t2 = turns[2 * p + 1];
    const double *r0 = xr + stride * p, *r1 = r0 + stride * m, *r2 = r1 + stride * m;
    const double *i0 = xi + stride * p, *i1 = i0 + stride * m, *i2 = i1 + stride * m;
    double *o = yr + stride * 3 * p, *z = yi + stride * 3 * p;
    for (int64_t q = 0; q < stride; ++q) {
      const double sr = r1[q] + r2[q], si = i1[q] + i2[q], dr = root * (r1[q] - r2[q]), di = root * (i1[q] - i2[q]);
      const double hr = r0[q] - 0.5 * sr, hi = i0[q] - 0.5 * si;
      const double br = hr + di, bi = hi - dr, cr = hr - di, ci = hi + dr;
      o[q] = r0[q] + sr;
      z[q] = i0[q] + si;
      o[q + stride] = br * t1.c - bi * t1.s;
      z[q + stride] = br * t1.s + bi * t1.c;
      o[q + 2 * stride] = cr * t2.c - ci * t2.s;
      z[q + 2 * stride] = cr * t2.s + ci * t2.c;
    }
  }
}

template <>
[[gnu::always_inline]] inline void StepBody<5>(int64_t m, int64_t stride, const double* __restrict xr, const double* __restrict xi, double* __restrict yr,
                                               double* __restrict yi, const FftTurn* turns) {
  const double c1 = std::cos(2 * std::numbers::pi / 5), c2 = std::cos(4 * std::numbers::pi / 5);
  const double s1 = std::sin(2 * std::numbers::pi / 5), s2 = std::sin(4 * std::numbers::pi / 5);
  for (int64_t p = 0; p < m; ++p) {
    const FftTurn* t = turns + 4 * p - 1;
    const double *r0 = xr + stride * p, *i0 = xi + stride * p;
    const int64_t far = stride * m;
    double *o = yr + stride * 5 * p, *z = yi + stride * 5 * p;
    for (int64_t q = 0; q < stride; ++q) {
      const double ar = r0[q], ai = i0[q];
      const double pr = r0[q + far] + r0[q + 4 * far], pi = i0[q + far] + i0[q + 4 * far];
      const double mr = r0[q + far] - r0[q + 4 * far], mi = i0[q + far] - i0[q + 4 * far];
      const double nr = r0[q + 2 * far] + r0[q + 3 * far], ni = i0[q + 2 * far] + i0[q + 3 * far];
      const double kr = r0[q + 2 * far] - r0[q + 3 * far], ki = i0[q + 2 * far] - i0[q + 3 * far];
      const double er = ar + c1 * pr + c2 * nr, ei = ai + c1 * pi + c2 * ni;
      const double fr = ar + c2 * pr + c1 * nr, fi = ai + c2 * pi + c1 * ni;
      const double gr = s1 * mr + s2 * kr, gi = s1 * mi + s2 * ki;
      const double hr = s2 * mr - s1 * kr, hi = s2 * mi - s1 * ki;
      o[q] = ar + pr + nr;
      z[q] = ai + pi + ni;
      const double b1 = er + gi, d1 = ei - gr, b4 = er - gi, d4 = ei + gr;
      const double b2 = fr + hi, d2 = fi - hr, b3 = fr - hi, d3 = fi + hr;
      o[q + stride] = b1 * t[1].c - d1 * t[1].s;
      z[q + stride] = b1 * t[1].s + d1 * t[1].c;
      o[q + 2 * stride] = b2 * t[2].c - d2 * t[2].s;
      z[q + 2 * stride] = b2 * t[2].s + d2 * t[2].c;
      o[q + 3 * stride] = b3 * t[3].c - d3 * t[3].s;
      z[q + 3 * stride] = b3 * t[3].s + d3 * t[3].c;
      o[q + 4 * stride] = b4 * t[4].c - d4 * t[4].s;
      z[q + 4 * stride] = b4 * t[4].s + d4 * t[4].c;
    }
  }
}

// The first step where the inputs from 2 m on are zero.
template <int R>
[[gnu::always_inline]] inline void HalfStepBody(int64_t m, int64_t stride, const double* __restrict xr, const double* __restrict xi, double* __restrict yr,
                                                double* __restrict yi, const FftTurn* turns) {
  static_assert(R == 4);
  for (int64_t p = 0; p < m; ++p) {
    const FftTurn* t = turns + 3 * p - 1;
    const double *r0 = xr + stride * p, *r1 = r0 + stride * m, *i0 = xi + stride * p, *i1 = i0 + stride * m;
    double *o = yr + stride * 4 * p, *z = yi + stride * 4 * p;
    for (int64_t q = 0; q < stride; ++q) {
      const double br = r0[q] + i1[q], bi = i0[q] - r1[q], cr = r0[q] - r1[q], ci = i0[q] - i1[q];
      const double er = r0[q] - i1[q], ei = i0[q] + r1[q];
      o[q] = r0[q] + r1[q];
      z[q] = i0[q] + i1[q];
      o[q + stride] = br * t[1].c - bi * t[1].s;
      z[q + stride] = br * t[1].s + bi * t[1].c;
      o[q + 2 * stride] = cr * t[2].c - ci * t[2].s;
      z[q + 2 * stride] = cr * t[2].s + ci * t[2].c;
      o[q + 3 * stride] = er * t[3].c - ei * t[3].s;
      z[q + 3 * stride] = er * t[3].s + ei * t[3].c;
    }
  }
}

template <>
[[gnu::always_inline]] inline void HalfStepBody<3>(int64_t m, int64_t stride, const double* __restrict xr, const double* __restrict xi, double* __restrict yr,
                                                   double* __restrict yi, const FftTurn* turns) {
  const double root = std::numbers::sqrt3 / 2;
  for (int64_t p = 0; p < m; ++p) {
    const FftTurn t1 = turns[2 * p], t2 = turns[2 * p + 1];
    const double *r0 = xr + stride * p, *r1 = r0 + stride * m, *i0 = xi + stride * p, *i1 = i0 + stride * m;
    double *o = yr + stride * 3 * p, *z = yi + stride * 3 * p;
    for (int64_t q = 0; q < stride; ++q) {
      const double dr = root * r1[q], di = root * i1[q], hr = r0[q] - 0.5 * r1[q], hi = i0[q] - 0.5 * i1[q];
      const double br = hr + di, bi = hi - dr, cr = hr - di, ci = hi + dr;
      o[q] = r0[q] + r1[q];
      z[q] = i0[q] + i1[q];
      o[q + stride] = br * t1.c - bi * t1.s;
      z[q + stride] = br * t1.s + bi * t1.c;
      o[q + 2 * stride] = cr * t2.c - ci * t2.s;
      z[q + 2 * stride] = cr * t2.s + ci * t2.c;
    }
  }
}

#define ISOVOX_FFT_STEP(name, body, radix)                                                                                   \
  ISOVOX_CPU_TARGETS void name(int64_t m, int64_t stride, const double* xr, const double* xi, double* yr, double* yi, \
                               const FftTurn* turns) {                                                                 \
    body<radix>(m, stride, xr, xi, yr, yi, turns);                                                                     \
  }
ISOVOX_FFT_STEP(Step2, StepBody, 2)
ISOVOX_FFT_STEP(Step3, StepBody, 3)
ISOVOX_FFT_STEP(Step4, StepBody, 4)
ISOVOX_FFT_STEP(Step5, StepBody, 5)
ISOVOX_FFT_STEP(HalfStep3, HalfStepBody, 3)
ISOVOX_FFT_STEP(HalfStep4, HalfStepBody, 4)
#undef ISOVOX_FFT_STEP

// Transforms lines along `axis` whose start has the other two coordinates below `limit`.
void AlongAxis(const Exec& exec, ComplexBox& box, size_t axis, const std::array<int64_t, 3>& limit) {
  const int64_t length = box.size[axis];
  if (length == 1) return;
  const Fft plan(length);
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

Fft::Fft(int64_t length) : length_(length), cos_(static_cast<size_t>(length)), sin_(cos_.size()) {
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
    cos_[static_cast<size_t>(t)] = std::cos(angle);
    sin_[static_cast<size_t>(t)] = std::sin(angle);
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
  wide_ = std::make_shared<const Fft>(wide);
  chirp_re_.assign(static_cast<size_t>(wide), 0);
  chirp_im_.assign(static_cast<size_t>(wide), 0);
  for (int64_t t = 0; t < length; ++t) {
    const auto at = static_cast<size_t>(t), mirror = static_cast<size_t>(t == 0 ? 0 : wide - t);
    chirp_re_[at] = chirp_re_[mirror] = cos_[at];
    chirp_im_[at] = chirp_im_[mirror] = sin_[at];
  }
  wide_->Forward(chirp_re_.data(), chirp_im_.data(), 1);
}

void Fft::Forward(double* re, double* im, int64_t batch, int64_t filled) const {
  if (wide_) {
    std::fill(re + filled * batch, re + length_ * batch, 0.0);
    std::fill(im + filled * batch, im + length_ * batch, 0.0);
    Chirped(re, im, batch);
  } else {
    Factored(re, im, batch, filled);
  }
}

// f t = (f^2 + t^2 - (f - t)^2) / 2 makes the transform a convolution with a chirp (L. I. Bluestein, 1970).
void Fft::Chirped(double* re, double* im, int64_t batch) const {
  const auto wide = static_cast<int64_t>(chirp_re_.size());
  std::vector<double> yr(static_cast<size_t>(wide * batch), 0.0), yi(yr.size(), 0.0);
  for (int64_t t = 0; t < length_; ++t) {
    const double c = cos_[static_cast<size_t>(t)], s = sin_[static_cast<size_t>(t)];
    for (int64_t b = 0; b < batch; ++b) {
      const double xr = re[t * batch + b], xi = im[t * batch + b];
      yr[static_cast<size_t>(t * batch + b)] = xr * c + xi * s;
      yi[static_cast<size_t>(t * batch + b)] = xi * c - xr * s;
    }
  }
  wide_->Forward(yr.data(), yi.data(), batch);
  for (int64_t f = 0; f < wide; ++f) {
    const double c = chirp_re_[static_cast<size_t>(f)], s = chirp_im_[static_cast<size_t>(f)];
    for (int64_t b = 0; b < batch; ++b) {
      const auto at = static_cast<size_t>(f * batch + b);
      const double xr = yr[at], xi = yi[at];
      yr[at] = xr * c - xi * s;
      yi[at] = xr * s + xi * c;
    }
  }
  wide_->Forward(yi.data(), yr.data(), batch);  // exchanged: the inverse
  const double scale = 1 / static_cast<double>(wide);
  for (int64_t f = 0; f < length_; ++f) {
    const double c = cos_[static_cast<size_t>(f)] * scale, s = sin_[static_cast<size_t>(f)] * scale;
    for (int64_t b = 0; b < batch; ++b) {
      const auto at = static_cast<size_t>(f * batch + b);
      re[f * batch + b] = yr[at] * c + yi[at] * s;
      im[f * batch + b] = yi[at] * c - yr[at] * s;
    }
  }
}

void Fft::Factored(double* re, double* im, int64_t batch, int64_t filled) const {
  const auto scratch = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(2 * length_ * batch));
  double *xr = re, *xi = im, *yr = scratch.get(), *yi = scratch.get() + length_ * batch;
  int64_t n = length_, stride = batch;
  const FftTurn* turns = turns_.data();
  const int first = radices_.empty() ? 1 : radices_[0];
  const bool half = (first == 3 || first == 4) && filled * first <= 2 * n;
  const int64_t read = half ? 2 * n / first : n;
  std::fill(re + filled * batch, re + read * batch, 0.0);
  std::fill(im + filled * batch, im + read * batch, 0.0);
  for (const int radix : radices_) {
    const int64_t m = n / radix;
    const auto step = half && n == length_ ? (radix == 4 ? HalfStep4 : HalfStep3) : radix == 4 ? Step4 : radix == 2 ? Step2 : radix == 3 ? Step3 : Step5;
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
