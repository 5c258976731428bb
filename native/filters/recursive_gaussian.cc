#include "filters/recursive_gaussian.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace isovox::filters {
namespace {

constexpr int64_t kLinesAtOnce = 64;

// Numerator of the causal filter, with its sums over t^0, t^1 and t^2.
struct Numerator {
  std::array<double, 4> n;
  double sum() const { return n[0] + n[1] + n[2] + n[3]; }
  double first() const { return n[1] + 2 * n[2] + 3 * n[3]; }
  double second() const { return n[1] + 4 * n[2] + 9 * n[3]; }
};

struct Recursive {
  std::array<double, 4> n, m, d, bn, bm;  // causal, anticausal, feedback, and what stands for samples beyond the ends
};

constexpr double kW1 = 0.6681, kL1 = -1.3932, kW2 = 2.0787, kL2 = -1.3732;

Numerator NumeratorOf(double sigma, double a1, double b1, double a2, double b2) {
  const double s1 = std::sin(kW1 / sigma), s2 = std::sin(kW2 / sigma), c1 = std::cos(kW1 / sigma), c2 = std::cos(kW2 / sigma);
  const double e1 = std::exp(kL1 / sigma), e2 = std::exp(kL2 / sigma);
  Numerator out;
  out.n[0] = a1 + a2;
  out.n[1] = e2 * (b2 * s2 - (a2 + 2 * a1) * c2) + e1 * (b1 * s1 - (a1 + 2 * a2) * c1);
  out.n[2] = 2 * e1 * e2 * ((a1 + a2) * c2 * c1 - (b1 * c2 * s1 + b2 * c1 * s2)) + (a2 * e1 * e1 + a1 * e2 * e2);
  out.n[3] = e2 * e1 * e1 * (b2 * s2 - a2 * c2) + e1 * e2 * e2 * (b1 * s1 - a1 * c1);
  return out;
}

// `sigma` in samples; `scale` multiplies the result. Of order 0 or 2.
Recursive FilterOf(double sigma, int order, double scale) {
  const double c1 = std::cos(kW1 / sigma), c2 = std::cos(kW2 / sigma), e1 = std::exp(kL1 / sigma), e2 = std::exp(kL2 / sigma);
  Recursive f;
  f.d = {-2 * (e2 * c2 + e1 * c1), 4 * c2 * c1 * e1 * e2 + (e1 * e1 + e2 * e2),
         -2 * c1 * e1 * e2 * e2 + -2 * c2 * e2 * e1 * e1, e1 * e1 * e2 * e2};
  const double sd = 1 + f.d[0] + f.d[1] + f.d[2] + f.d[3], dd = f.d[0] + 2 * f.d[1] + 3 * f.d[2] + 4 * f.d[3],
               ed = f.d[0] + 4 * f.d[1] + 9 * f.d[2] + 16 * f.d[3];
  Numerator n = NumeratorOf(sigma, 1.3530, 1.8151, -0.3531, 0.0902);
  double gain = 2 * n.sum() / sd - n.n[0];
  if (order == 2) {
    const Numerator n2 = NumeratorOf(sigma, -1.3563, 5.2318, 0.3446, -2.2355);
    const double beta = -(2 * n2.sum() - sd * n2.n[0]) / (2 * n.sum() - sd * n.n[0]);
    for (size_t t = 0; t < 4; ++t) n.n[t] = n2.n[t] + beta * n.n[t];
    const double sn = n.sum(), dn = n.first(), en = n.second();
    gain = (en * sd * sd - ed * sn * sd - 2 * dn * dd * sd + 2 * dd * dd * sn) / (sd * sd * sd);
  }
  for (double& x : n.n) x *= scale / gain;
  f.n = n.n;
  f.m = {f.n[1] - f.d[0] * f.n[0], f.n[2] - f.d[1] * f.n[0], f.n[3] - f.d[2] * f.n[0], -f.d[3] * f.n[0]};
  const double sn = f.n[0] + f.n[1] + f.n[2] + f.n[3], sm = f.m[0] + f.m[1] + f.m[2] + f.m[3];
  for (size_t t = 0; t < 4; ++t) {
    f.bn[t] = f.d[t] * sn / sd;
    f.bm[t] = f.d[t] * sm / sd;
  }
  return f;
}

// `width` lines side by side, sample t of line b at [t * width + b].
void FilterLines(const Recursive& f, const double* x, double* out, double* back, int64_t n, int64_t width) {
  const auto in = [&](int64_t t) { return x + std::clamp<int64_t>(t, 0, n - 1) * width; };
  for (int64_t t = 0; t < n; ++t) {
    const double *x0 = in(t), *x1 = in(t - 1), *x2 = in(t - 2), *x3 = in(t - 3);
    // Beyond the first sample the result is the steady state, which is proportional to that sample.
    const double *y[4], *first = x;
    double w[4];
    for (int64_t s = 0; s < 4; ++s) {
      const bool inside = t - 1 - s >= 0;
      y[s] = inside ? out + (t - 1 - s) * width : first;
      w[s] = inside ? f.d[static_cast<size_t>(s)] : f.bn[static_cast<size_t>(s)];
    }
    double* to = out + t * width;
    for (int64_t b = 0; b < width; ++b) {
      const double forward = x0[b] * f.n[0] + x1[b] * f.n[1] + x2[b] * f.n[2] + x3[b] * f.n[3];
      to[b] = forward - (y[0][b] * w[0] + y[1][b] * w[1] + y[2][b] * w[2] + y[3][b] * w[3]);
    }
  }
  for (int64_t t = n - 1; t >= 0; --t) {
    const double *x1 = in(t + 1), *x2 = in(t + 2), *x3 = in(t + 3), *x4 = in(t + 4);
    const double *y[4], *last = x + (n - 1) * width;
    double w[4];
    for (int64_t s = 0; s < 4; ++s) {
      const bool inside = t + 1 + s < n;
      y[s] = inside ? back + (t + 1 + s) * width : last;
      w[s] = inside ? f.d[static_cast<size_t>(s)] : f.bm[static_cast<size_t>(s)];
    }
    double* to = back + t * width;
    for (int64_t b = 0; b < width; ++b) {
      const double backward = x1[b] * f.m[0] + x2[b] * f.m[1] + x3[b] * f.m[2] + x4[b] * f.m[3];
      to[b] = backward - (y[0][b] * w[0] + y[1][b] * w[1] + y[2][b] * w[2] + y[3][b] * w[3]);
    }
  }
  for (int64_t v = 0; v < n * width; ++v) out[v] += back[v];
}

// One pass along `axis`, in place, rounded to float32.
void Pass(const Exec& exec, Field<double>& field, size_t axis, const Recursive& filter) {
  const int64_t n = field.size[axis], step = field.step(axis);
  const size_t u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
  const int64_t blocks = (field.size[u] + kLinesAtOnce - 1) / kLinesAtOnce;
  ParallelFor(exec, blocks * field.size[v], 4, [&](int64_t begin, int64_t end) {
    std::vector<double> lines(static_cast<size_t>(n * kLinesAtOnce)), out(lines.size()), back(lines.size());
    for (int64_t job = begin; job < end; ++job) {
      const int64_t first = job % blocks * kLinesAtOnce, width = std::min(kLinesAtOnce, field.size[u] - first);
      double* base = field.data() + job / blocks * field.step(v) + first * field.step(u);
      for (int64_t t = 0; t < n; ++t) {
        for (int64_t b = 0; b < width; ++b) lines[static_cast<size_t>(t * width + b)] = base[t * step + b * field.step(u)];
      }
      FilterLines(filter, lines.data(), out.data(), back.data(), n, width);
      for (int64_t t = 0; t < n; ++t) {
        for (int64_t b = 0; b < width; ++b) {
          base[t * step + b * field.step(u)] = static_cast<float>(out[static_cast<size_t>(t * width + b)]);
        }
      }
    }
  });
}

}  // namespace

Field<double> RecursiveLaplacian(const Exec& exec, const Field<double>& in, double sigma_mm) {
  Field<double> sum(in.size, in.spacing);
  std::fill_n(sum.data(), sum.voxels(), 0.0);
  for (size_t axis = 0; axis < 3; ++axis) {
    Field<double> part(in.size, in.spacing);
    std::copy_n(in.data(), in.voxels(), part.data());
    Pass(exec, part, axis, FilterOf(sigma_mm / in.spacing[axis], 2, sigma_mm * sigma_mm));
    for (size_t other = 0; other < 3; ++other) {
      if (other != axis) Pass(exec, part, other, FilterOf(sigma_mm / in.spacing[other], 0, 1));
    }
    const double weight = 1.0 / (in.spacing[axis] * in.spacing[axis]);
    for (int64_t v = 0; v < sum.voxels(); ++v) sum.data()[v] = static_cast<float>(sum.data()[v] + part.data()[v] * weight);
  }
  return sum;
}

}  // namespace isovox::filters
