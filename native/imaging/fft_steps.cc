#include "imaging/fft_steps.h"

#include <cmath>
#include <numbers>

#include "simd/targets.h"

namespace isovox {
namespace {

// Where the numbers of one group lie: input n at x[n * far], output n at y[n * near]. The only group of a last step is not
// turned: all its turns are 1.
template <typename T, bool kTurned>
struct Group {
  const T *xr, *xi;
  int64_t far;
  T *yr, *yi;
  int64_t near;
  const FftTurn<T>* turns;

  [[gnu::always_inline]] void Put(int n, int64_t q, T re, T im) const {
    if constexpr (!kTurned) {
      yr[n * near + q] = re;
      yi[n * near + q] = im;
      return;
    }
    const FftTurn<T> t = turns[n - 1];
    yr[n * near + q] = re * t.c - im * t.s;
    yi[n * near + q] = re * t.s + im * t.c;
  }
  [[gnu::always_inline]] void PutFirst(int64_t q, T re, T im) const {
    yr[q] = re;
    yi[q] = im;
  }
};

struct Two {
  static constexpr int kRadix = 2;
  template <typename T, bool kTurned>
  [[gnu::always_inline]] static void Turn(const Group<T, kTurned>& g, int64_t q) {
    const T ar = g.xr[q], ai = g.xi[q], br = g.xr[q + g.far], bi = g.xi[q + g.far];
    g.PutFirst(q, ar + br, ai + bi);
    g.Put(1, q, ar - br, ai - bi);
  }
};

// From the first of three, the sum of the others, and their difference times half the root of 3.
template <typename T, bool kTurned>
[[gnu::always_inline]] inline void PutThree(const Group<T, kTurned>& g, int64_t q, T ar, T ai, T sr, T si, T dr, T di) {
  const T hr = ar - T(0.5) * sr, hi = ai - T(0.5) * si;
  g.PutFirst(q, ar + sr, ai + si);
  g.Put(1, q, hr + di, hi - dr);
  g.Put(2, q, hr - di, hi + dr);
}

struct Three {
  static constexpr int kRadix = 3;
  template <typename T, bool kTurned>
  [[gnu::always_inline]] static void Turn(const Group<T, kTurned>& g, int64_t q) {
    constexpr T kRoot = std::numbers::sqrt3_v<T> / 2;
    const T ar = g.xr[q], ai = g.xi[q], br = g.xr[q + g.far], bi = g.xi[q + g.far];
    const T cr = g.xr[q + 2 * g.far], ci = g.xi[q + 2 * g.far];
    PutThree(g, q, ar, ai, br + cr, bi + ci, kRoot * (br - cr), kRoot * (bi - ci));
  }
};

struct Four {
  static constexpr int kRadix = 4;
  template <typename T, bool kTurned>
  [[gnu::always_inline]] static void Turn(const Group<T, kTurned>& g, int64_t q) {
    const T ar = g.xr[q], ai = g.xi[q], br = g.xr[q + g.far], bi = g.xi[q + g.far];
    const T cr = g.xr[q + 2 * g.far], ci = g.xi[q + 2 * g.far], er = g.xr[q + 3 * g.far], ei = g.xi[q + 3 * g.far];
    const T sr = ar + cr, si = ai + ci, dr = ar - cr, di = ai - ci;
    const T ur = br + er, ui = bi + ei, vr = br - er, vi = bi - ei;
    g.PutFirst(q, sr + ur, si + ui);
    g.Put(1, q, dr + vi, di - vr);
    g.Put(2, q, sr - ur, si - ui);
    g.Put(3, q, dr - vi, di + vr);
  }
};

struct Five {
  static constexpr int kRadix = 5;
  template <typename T, bool kTurned>
  [[gnu::always_inline]] static void Turn(const Group<T, kTurned>& g, int64_t q) {
    // Cosines and sines of 2 pi / 5 and 4 pi / 5.
    constexpr T kC1 = T(0.30901699437494742410), kC2 = T(-0.80901699437494742410);
    constexpr T kS1 = T(0.95105651629515357212), kS2 = T(0.58778525229247312917);
    const T ar = g.xr[q], ai = g.xi[q];
    const T pr = g.xr[q + g.far] + g.xr[q + 4 * g.far], pi = g.xi[q + g.far] + g.xi[q + 4 * g.far];
    const T mr = g.xr[q + g.far] - g.xr[q + 4 * g.far], mi = g.xi[q + g.far] - g.xi[q + 4 * g.far];
    const T nr = g.xr[q + 2 * g.far] + g.xr[q + 3 * g.far], ni = g.xi[q + 2 * g.far] + g.xi[q + 3 * g.far];
    const T kr = g.xr[q + 2 * g.far] - g.xr[q + 3 * g.far], ki = g.xi[q + 2 * g.far] - g.xi[q + 3 * g.far];
    const T er = ar + kC1 * pr + kC2 * nr, ei = ai + kC1 * pi + kC2 * ni;
    const T fr = ar + kC2 * pr + kC1 * nr, fi = ai + kC2 * pi + kC1 * ni;
    const T gr = kS1 * mr + kS2 * kr, gi = kS1 * mi + kS2 * ki;
    const T hr = kS2 * mr - kS1 * kr, hi = kS2 * mi - kS1 * ki;
    g.PutFirst(q, ar + pr + nr, ai + pi + ni);
    g.Put(1, q, er + gi, ei - gr);
    g.Put(2, q, fr + hi, fi - hr);
    g.Put(3, q, fr - hi, fi + hr);
    g.Put(4, q, er - gi, ei + gr);
  }
};

struct HalfThree {
  static constexpr int kRadix = 3;
  template <typename T, bool kTurned>
  [[gnu::always_inline]] static void Turn(const Group<T, kTurned>& g, int64_t q) {
    constexpr T kRoot = std::numbers::sqrt3_v<T> / 2;
    const T ar = g.xr[q], ai = g.xi[q], br = g.xr[q + g.far], bi = g.xi[q + g.far];
    PutThree(g, q, ar, ai, br, bi, kRoot * br, kRoot * bi);
  }
};

struct HalfFour {
  static constexpr int kRadix = 4;
  template <typename T, bool kTurned>
  [[gnu::always_inline]] static void Turn(const Group<T, kTurned>& g, int64_t q) {
    const T ar = g.xr[q], ai = g.xi[q], br = g.xr[q + g.far], bi = g.xi[q + g.far];
    g.PutFirst(q, ar + br, ai + bi);
    g.Put(1, q, ar + bi, ai - br);
    g.Put(2, q, ar - br, ai - bi);
    g.Put(3, q, ar - bi, ai + br);
  }
};

template <typename Radix, bool kTurned, typename T>
[[gnu::always_inline]] inline void TurnGroup(const Group<T, kTurned>& group) {
  constexpr int64_t kTile = 64 / sizeof(T);  // a length the compiler knows becomes whole vectors
  int64_t q = 0;
  for (; q + kTile <= group.near; q += kTile) {
#pragma GCC ivdep
    for (int64_t u = 0; u < kTile; ++u) Radix::Turn(group, q + u);
  }
  for (; q < group.near; ++q) Radix::Turn(group, q);
}

template <typename Radix, typename T>
[[gnu::always_inline]] inline void Step(int64_t m, int64_t stride, const T* xr, const T* xi, T* yr, T* yi, const FftTurn<T>* turns) {
  if (m == 1) {
    TurnGroup<Radix, false, T>({xr, xi, stride, yr, yi, stride, turns});
    return;
  }
  for (int64_t p = 0; p < m; ++p) {
    const int64_t in = stride * p, out = in * Radix::kRadix;
    TurnGroup<Radix, true, T>({xr + in, xi + in, stride * m, yr + out, yi + out, stride, turns + p * (Radix::kRadix - 1)});
  }
}

#define ISOVOX_FFT_STEP(radix, number)                                                                                      \
  ISOVOX_CPU_TARGETS void Step##radix(int64_t m, int64_t stride, const number* xr, const number* xi, number* yr, number* yi, \
                                      const FftTurn<number>* turns) {                                                       \
    Step<radix>(m, stride, xr, xi, yr, yi, turns);                                                                          \
  }
#define ISOVOX_FFT_STEPS(radix) \
  ISOVOX_FFT_STEP(radix, float) \
  ISOVOX_FFT_STEP(radix, double)
ISOVOX_FFT_STEPS(Two)
ISOVOX_FFT_STEPS(Three)
ISOVOX_FFT_STEPS(Four)
ISOVOX_FFT_STEPS(Five)
ISOVOX_FFT_STEPS(HalfThree)
ISOVOX_FFT_STEPS(HalfFour)
#undef ISOVOX_FFT_STEPS
#undef ISOVOX_FFT_STEP

}  // namespace

template <typename T>
FftStep<T> FftStepOf(int radix) {
  const FftStep<T> steps[] = {StepTwo, StepThree, StepFour, StepFive};
  return steps[radix - 2];
}

template <typename T>
FftStep<T> FftHalfStepOf(int radix) {
  const FftStep<T> steps[] = {StepHalfThree, StepHalfFour};
  return steps[radix - 3];
}

template FftStep<float> FftStepOf(int);
template FftStep<double> FftStepOf(int);
template FftStep<float> FftHalfStepOf(int);
template FftStep<double> FftHalfStepOf(int);

}  // namespace isovox
