#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

#include "filters/filter.h"
#include "filters/kernels.h"
#include "filters/separable.h"
#include "filters/symmetric_eigen.h"
#include "filters/wavelets.h"
#include "imaging/fft.h"

namespace isovox::filters {
namespace {

Field<double> Random(std::array<int64_t, 3> size) {
  Field<double> out(size, {1, 1, 1});
  std::mt19937 source(7);
  std::uniform_real_distribution<double> value(-1, 1);
  for (int64_t v = 0; v < out.voxels(); ++v) out.data()[v] = value(source);
  return out;
}

double At(const Field<double>& f, int64_t i, int64_t j, int64_t k, Boundary boundary) {
  const int64_t x = BoundaryIndex(i, f.size[0], boundary), y = BoundaryIndex(j, f.size[1], boundary),
                z = BoundaryIndex(k, f.size[2], boundary);
  return x < 0 || y < 0 || z < 0 ? 0 : f.data()[(z * f.size[1] + y) * f.size[0] + x];
}

}  // namespace

TEST_CASE("filters: a separable convolution is the sum that defines it, beyond every boundary") {
  const Field<double> in = Random({7, 5, 3});
  const Kernels crooked{Kernel{{1, -2, 0.5, 3}, 1}, Kernel{{0.25, 2, -1}, 1}, Kernel{{1, 2, 3, 4, 5, 6, 7, 8, 9}, 6}};
  const Kernels mirrored{Kernel{{1, -2, 1}, 1}, Kernel{{0.25, 2, -1, 2, 0.25}, 2}, Kernel{{1, 2, 3, 4, 5, 4, 3, 2, 1}, 6}};
  constexpr std::array<Boundary, 4> kBoundaries{Boundary::kZero, Boundary::kNearest, Boundary::kPeriodic, Boundary::kMirror};
  for (size_t n = 0; n < 2 * kBoundaries.size(); ++n) {
    const Boundary boundary = kBoundaries[n / 2];
    const Kernels& kernels = n % 2 == 0 ? crooked : mirrored;
    const auto taps = [&](size_t axis) { return static_cast<int64_t>(kernels[axis].taps.size()); };
    const Field<double> out = Convolve(Exec{}, in, kernels, boundary);
    double apart = 0;
    for (int64_t k = 0; k < 3; ++k) {
      for (int64_t j = 0; j < 5; ++j) {
        for (int64_t i = 0; i < 7; ++i) {
          double sum = 0;
          for (int64_t c = 0; c < taps(2); ++c) {
            for (int64_t b = 0; b < taps(1); ++b) {
              for (int64_t a = 0; a < taps(0); ++a) {
                sum += kernels[0].taps[static_cast<size_t>(a)] * kernels[1].taps[static_cast<size_t>(b)] *
                       kernels[2].taps[static_cast<size_t>(c)] * At(in, i + kernels[0].centre - a, j + kernels[1].centre - b, k + kernels[2].centre - c, boundary);
              }
            }
          }
          apart = std::max(apart, std::abs(sum - At(out, i, j, k, boundary)));
        }
      }
    }
    CHECK(apart < 1e-12);
  }
}

TEST_CASE("filters: the median of 27 is the 14th of them") {
  const Field<double> in = Random({70, 6, 5});
  Filter filter;
  filter.kind = Kind::kMedian;
  for (const Boundary boundary : {Boundary::kZero, Boundary::kMirror}) {
    filter.boundary = boundary;
    const Field<double> out = Apply(Exec{}, filter, in);
    int wrong = 0;
    for (int64_t v = 0; v < in.voxels(); ++v) {
      const int64_t i = v % 70, j = v / 70 % 6, k = v / 420;
      std::vector<double> window;
      for (int64_t n = 0; n < 27; ++n) window.push_back(At(in, i + n % 3 - 1, j + n / 3 % 3 - 1, k + n / 9 - 1, boundary));
      std::sort(window.begin(), window.end());
      wrong += window[13] != out.data()[v];
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("filters: a Laplacian of Gaussian of a quadratic is its Laplacian") {
  Field<double> in({61, 61, 61}, {1, 1, 1});
  for (int64_t v = 0; v < in.voxels(); ++v) {
    const double x = static_cast<double>(v % 61) - 30, y = static_cast<double>(v / 61 % 61) - 30,
                 z = static_cast<double>(v / 3721) - 30;
    in.data()[v] = x * x + 2 * y * y - 3 * z * z + x * y;
  }
  Filter filter;
  filter.kind = Kind::kLaplacian;
  filter.sigma_mm = 2;
  filter.truncate = 8;
  const Field<double> out = Apply(Exec{}, filter, in);
  CHECK(out.data()[30 * 3721 + 30 * 61 + 30] == doctest::Approx(0).epsilon(1e-6));  // 2 + 4 - 6
}

TEST_CASE("filters: every wavelet's filters are orthogonal or biorthogonal to a constant") {
  for (const std::string& name : WaveletNames()) {
    const Wavelet w = *WaveletFromName(name);
    CAPTURE(name);
    REQUIRE(w.low.size() == w.high.size());
    double low = 0, high = 0, energy = 0;
    for (size_t t = 0; t < w.low.size(); ++t) {
      low += w.low[t];
      high += w.high[t];
      energy += w.low[t] * w.low[t];
    }
    CHECK(low == doctest::Approx(std::sqrt(2.0)).epsilon(1e-4));
    // The discrete Meyer wavelet has no filters of finite length: these come near.
    const double tolerance = name == "dmey" ? 3e-3 : 1e-6;
    CHECK(std::abs(high) < tolerance);
    if (name[0] != 'b' && name[0] != 'r') CHECK(energy == doctest::Approx(1).epsilon(tolerance));
  }
}

TEST_CASE("filters: transforms of any length invert") {
  for (const int64_t n : {1, 7, 22, 64, 97, 120, 197}) {
    ComplexBox box({n, 1, 1});
    for (int64_t t = 0; t < n; ++t) box.re[static_cast<size_t>(t)] = std::sin(static_cast<double>(t * t)) + 0.5;
    const std::vector<double> before = box.re;
    Forward3d(Exec{}, box);
    double sum = 0;
    for (const double x : before) sum += x;
    CHECK(box.re[0] == doctest::Approx(sum));
    Inverse3d(Exec{}, box);
    double apart = 0;
    for (size_t t = 0; t < before.size(); ++t) apart = std::max(apart, std::abs(before[t] - box.re[t]));
    CHECK(apart < 1e-12);
  }
}

TEST_CASE("filters: eigenvectors of a symmetric matrix") {
  const Matrix3 m{{{2, -1, 0.5}, {-1, 3, 0.25}, {0.5, 0.25, -1}}};
  const Eigen3 e = EigenOf(m);
  for (size_t a = 0; a < 3; ++a) {
    for (size_t r = 0; r < 3; ++r) {
      double image = 0;
      for (size_t c = 0; c < 3; ++c) image += m[r][c] * e.vectors[a][c];
      CHECK(image == doctest::Approx(e.values[a] * e.vectors[a][r]).epsilon(1e-12));
    }
  }
  CHECK(e.values[0] >= e.values[1]);
}

// Along a plane wave, a steered transform of second order is the transform of second order along the wave.
TEST_CASE("filters: a steered Riesz transform follows the wave") {
  Field<double> slanted({48, 48, 48}, {1, 1, 1}), straight({48, 48, 48}, {1, 1, 1});
  for (int64_t v = 0; v < slanted.voxels(); ++v) {
    const int64_t i = v % 48, j = v / 48 % 48;
    slanted.data()[v] = std::cos(2 * std::numbers::pi * static_cast<double>(4 * i + 4 * j) / 48);
    straight.data()[v] = std::cos(2 * std::numbers::pi * static_cast<double>(6 * i) / 48);
  }
  Filter filter;
  filter.kind = Kind::kRadialWavelet;
  filter.boundary = Boundary::kPeriodic;
  filter.level = 2;
  filter.riesz = RieszOrder{2, 0, 0};
  filter.steer_mm = 3;
  const Field<double> a = Apply(Exec{}, filter, slanted), b = Apply(Exec{}, filter, straight);
  const auto largest = [](const Field<double>& f) {
    double most = 0;
    for (int64_t v = 0; v < f.voxels(); ++v) most = std::max(most, std::abs(f.data()[v]));
    return most;
  };
  Filter plain = filter;
  plain.steer_mm.reset();
  CHECK(largest(b) == doctest::Approx(largest(Apply(Exec{}, plain, straight))).epsilon(1e-3));
  // The unsteered transform sees half of the slanted wave, the steered one all of it.
  plain.riesz.reset();
  CHECK(largest(a) == doctest::Approx(largest(Apply(Exec{}, plain, slanted))).epsilon(1e-2));
}

}  // namespace isovox::filters
