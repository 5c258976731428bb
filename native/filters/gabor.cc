#include "filters/gabor.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "imaging/fft.h"

namespace isovox::filters {
namespace {

// One plane of the image with its two axes.
struct Plane {
  size_t u, v, across;  // u is the x of the kernel, v its y
};

// A kernel's spectrum over the padded plane. It is real: turned by half a circle, the kernel is its own conjugate.
std::vector<double> KernelSpectrum(const Exec& exec, const Gabor& gabor, double theta_deg, double spacing, int64_t half,
                          const std::array<int64_t, 2>& size) {
  ComplexBox box({size[0], size[1], 1});
  const double sigma = gabor.sigma_mm / spacing, lambda = gabor.lambda_mm / spacing;
  const double theta = theta_deg * std::numbers::pi / 180, c = std::cos(theta), s = std::sin(theta);
  for (int64_t y = -half; y <= half; ++y) {
    for (int64_t x = -half; x <= half; ++x) {
      const double along = c * static_cast<double>(x) + s * static_cast<double>(y);
      const double across = s * static_cast<double>(x) - c * static_cast<double>(y);
      const double envelope = std::exp(-(along * along + gabor.gamma * gabor.gamma * across * across) / (2 * sigma * sigma));
      const double phase = 2 * std::numbers::pi * along / lambda;
      const auto at = static_cast<size_t>((y + size[1]) % size[1] * size[0] + (x + size[0]) % size[0]);
      box.re[at] += envelope * std::cos(phase);
      box.im[at] += envelope * std::sin(phase);
    }
  }
  ForwardSlices(exec, box);
  return std::move(box.re);
}

// Angles that differ by half a circle have conjugate responses: for a modulus one of them will do, when all have one.
std::vector<double> DistinctAngles(const Gabor& gabor) {
  if (gabor.response != GaborResponse::kModulus) return gabor.theta_deg;
  std::map<int64_t, std::pair<double, int>> seen;  // by billionths of a degree
  for (const double theta : gabor.theta_deg) {
    const double half = theta - 180 * std::floor(theta / 180);
    auto& [angle, times] = seen[std::llround(half * 1e9) % 180'000'000'000];
    if (times++ == 0) angle = theta;
  }
  std::vector<double> out;
  for (const auto& [key, entry] : seen) {
    if (entry.second != seen.begin()->second.second) return gabor.theta_deg;
    out.push_back(entry.first);
  }
  return out;
}

double Respond(GaborResponse response, double re, double im) {
  switch (response) {
    case GaborResponse::kReal: return re;
    case GaborResponse::kImaginary: return im;
    case GaborResponse::kPhase: return std::atan2(im, re);
    case GaborResponse::kModulus: break;
  }
  return std::sqrt(re * re + im * im);
}

void PoolOne(bool first, Pooling pooling, double value, double& into) {
  into = first                           ? value
         : pooling == Pooling::kAverage ? into + value
         : pooling == Pooling::kMax     ? std::max(into, value)
                                        : std::min(into, value);
}

// Adds the responses of all angles in one orientation of the plane to `out`; `first` when it holds nothing yet.
void FilterPlanes(const Exec& exec, const Field<double>& in, const Gabor& gabor, const Plane& plane, Boundary boundary,
                  bool first, Field<double>& out) {
  const int64_t nu = in.size[plane.u], nv = in.size[plane.v], side = std::max(nu, nv);
  const double spacing = std::max(in.spacing[plane.u], in.spacing[plane.v]);
  const double widest = gabor.sigma_mm / spacing * std::max(1.0, 1 / gabor.gamma);
  const int64_t half = std::min(side / 2, static_cast<int64_t>(std::ceil(widest * 7.5)));
  const std::array<int64_t, 2> size{FastFftLength(nu + 2 * half), FastFftLength(nv + 2 * half)};
  std::vector<std::vector<double>> kernels;
  for (const double theta : gabor.theta_deg) kernels.push_back(KernelSpectrum(exec, gabor, theta, spacing, half, size));
  const int64_t step_u = in.step(plane.u), step_v = in.step(plane.v), step_across = in.step(plane.across);
  ParallelFor(exec, in.size[plane.across], 1, [&](int64_t p, int64_t) {
    ComplexBox spectrum({size[0], size[1], 1});
    for (int64_t y = -half; y < nv + half; ++y) {
      const int64_t v = BoundaryIndex(y, nv, boundary);
      for (int64_t x = -half; x < nu + half; ++x) {
        const int64_t u = BoundaryIndex(x, nu, boundary);
        if (u < 0 || v < 0) continue;
        const auto at = static_cast<size_t>((y + size[1]) % size[1] * size[0] + (x + size[0]) % size[0]);
        spectrum.re[at] = in.data()[p * step_across + v * step_v + u * step_u];
      }
    }
    ForwardSlices(exec, spectrum);
    ComplexBox product({size[0], size[1], 1});
    for (size_t a = 0; a < kernels.size(); ++a) {
      const std::vector<double>& kernel = kernels[a];
      for (size_t f = 0; f < kernel.size(); ++f) {
        // Exchanged, so that the forward transform is the inverse.
        product.im[f] = spectrum.re[f] * kernel[f];
        product.re[f] = spectrum.im[f] * kernel[f];
      }
      ForwardRows(exec, product, nv);
      const double scale = 1 / static_cast<double>(product.re.size());
      for (int64_t v = 0; v < nv; ++v) {
        for (int64_t u = 0; u < nu; ++u) {
          const auto at = static_cast<size_t>(v * size[0] + u);
          PoolOne(first && a == 0, gabor.pooling, Respond(gabor.response, product.im[at] * scale, product.re[at] * scale),
                  out.data()[p * step_across + v * step_v + u * step_u]);
        }
      }
    }
  });
}

}  // namespace

Field<double> FilterGabor(const Exec& exec, const Field<double>& in, const Gabor& asked, Boundary boundary) {
  Gabor gabor = asked;
  gabor.theta_deg = DistinctAngles(asked);
  Field<double> out(in.size, in.spacing);
  const std::vector<Plane> planes = gabor.orthogonal_planes ? std::vector<Plane>{{0, 1, 2}, {0, 2, 1}, {1, 2, 0}}
                                                            : std::vector<Plane>{{0, 1, 2}};
  bool first = true;
  for (const Plane& plane : planes) {
    FilterPlanes(exec, in, gabor, plane, boundary, first, out);
    first = false;
  }
  if (gabor.pooling == Pooling::kAverage) {
    const auto maps = static_cast<double>(planes.size() * gabor.theta_deg.size());
    for (int64_t v = 0; v < out.voxels(); ++v) out.data()[v] /= maps;
  }
  return out;
}

}  // namespace isovox::filters
