#include "filters/binary_patterns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <map>
#include <numbers>
#include <utility>

#include "imaging/resample.h"

namespace isovox::filters {
namespace {

double Rounded5(double x) { return std::nearbyint(x * 1e5) / 1e5; }

// Zero outside the slice.
double Bilinear(const double* slice, int64_t nx, int64_t ny, double y, double x) {
  const double low_y = std::floor(y), low_x = std::floor(x);
  const auto at = [&](double row, double column) {
    const auto j = static_cast<int64_t>(row), i = static_cast<int64_t>(column);
    return i < 0 || j < 0 || i >= nx || j >= ny ? 0.0 : slice[j * nx + i];
  };
  const double dy = y - low_y, dx = x - low_x, high_y = std::ceil(y), high_x = std::ceil(x);
  const double top = (1 - dx) * at(low_y, low_x) + dx * at(low_y, high_x);
  const double bottom = (1 - dx) * at(high_y, low_x) + dx * at(high_y, high_x);
  return (1 - dy) * top + dy * bottom;
}

double Pattern(const std::vector<double>& texture, double centre, PatternMethod method) {
  const size_t n = texture.size();
  uint32_t bits = 0;
  int ones = 0, changes = 0;
  for (size_t s = 0; s < n; ++s) {
    const bool set = texture[s] - centre >= 0;
    if (set) {
      bits |= 1U << s;
      ++ones;
    }
    if (s > 0) changes += set != ((bits >> (s - 1) & 1U) != 0);
  }
  if (method == PatternMethod::kDefault) return bits;
  if (method == PatternMethod::kRotated) {
    uint32_t least = bits;
    for (size_t s = 1; s < n; ++s) {
      bits = bits >> 1U | (bits & 1U) << (n - 1);
      least = std::min(least, bits);
    }
    return least;
  }
  const double uniform = changes <= 2 ? ones : static_cast<double>(n) + 1;
  if (method == PatternMethod::kUniform) return uniform;
  double mean = 0, variance = 0;
  for (const double t : texture) mean += t / static_cast<double>(n);
  for (const double t : texture) variance += (t - mean) * (t - mean) / static_cast<double>(n);
  return uniform / variance;
}

using Point = std::array<double, 3>;

// Corners of an icosahedron whose edges are halved `subdivisions` times, on the sphere.
std::vector<Point> Icosphere(int subdivisions, double radius) {
  const double t = (1 + std::sqrt(5.0)) / 2, scale = std::sqrt(2 + t);
  std::vector<Point> points = {{-1, t, 0}, {1, t, 0}, {-1, -t, 0}, {1, -t, 0}, {0, -1, t}, {0, 1, t},
                               {0, -1, -t}, {0, 1, -t}, {t, 0, -1}, {t, 0, 1}, {-t, 0, -1}, {-t, 0, 1}};
  for (Point& p : points) {
    for (double& x : p) x /= scale;
  }
  std::vector<std::array<size_t, 3>> faces = {{0, 11, 5}, {0, 5, 1},  {0, 1, 7},   {0, 7, 10}, {0, 10, 11},
                                              {1, 5, 9},  {5, 11, 4}, {11, 10, 2}, {10, 7, 6}, {7, 1, 8},
                                              {3, 9, 4},  {3, 4, 2},  {3, 2, 6},   {3, 6, 8},  {3, 8, 9},
                                              {4, 9, 5},  {2, 4, 11}, {6, 2, 10},  {8, 6, 7},  {9, 8, 1}};
  for (int round = 0; round < subdivisions; ++round) {
    std::map<std::pair<size_t, size_t>, size_t> middles;
    const auto middle = [&](size_t a, size_t b) {
      const auto [found, added] = middles.try_emplace(std::minmax(a, b), points.size());
      if (added) {
        Point p;
        double norm = 0;
        for (size_t d = 0; d < 3; ++d) {
          p[d] = (points[a][d] + points[b][d]) / 2;
          norm += p[d] * p[d];
        }
        for (double& x : p) x /= std::sqrt(norm);
        points.push_back(p);
      }
      return found->second;
    };
    std::vector<std::array<size_t, 3>> next;
    for (const auto& [a, b, c] : faces) {
      const size_t ab = middle(a, b), bc = middle(b, c), ca = middle(c, a);
      next.insert(next.end(), {{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}});
    }
    faces = std::move(next);
  }
  for (Point& p : points) {
    for (double& x : p) x *= radius;
  }
  return points;
}

// Y_n^m at azimuth and polar angle, with the phase of Condon and Shortley.
std::complex<double> Harmonic(int m, int n, double azimuth, double polar) {
  const int order = std::abs(m);
  double ratio = 1;
  for (int k = n - order + 1; k <= n + order; ++k) ratio *= k;
  const double norm = std::sqrt((2.0 * n + 1) / (4 * std::numbers::pi) / ratio);
  // std::assoc_legendre leaves the phase out, and takes cosines within [-1, 1].
  const double legendre = std::assoc_legendre(static_cast<unsigned>(n), static_cast<unsigned>(order), std::cos(polar));
  const double phase = order % 2 == 0 ? 1 : -1;
  const std::complex<double> y = phase * norm * legendre * std::polar(1.0, order * azimuth);
  return m < 0 ? phase * std::conj(y) : y;
}

// The cubic spline through the image; zero outside it.
class Spline {
 public:
  Spline(const Exec& exec, const Field<double>& in) : size_(in.size), coefficients_(SplineCoefficients(exec, in.data(), in.size)) {}

  double At(const Point& at) const {
    std::array<std::array<int64_t, 4>, 3> place;
    std::array<std::array<double, 4>, 3> weight;
    for (size_t d = 0; d < 3; ++d) {
      if (at[d] < 0 || at[d] > static_cast<double>(size_[d] - 1)) return 0;
      const auto low = static_cast<int64_t>(std::floor(at[d]));
      const double t = at[d] - static_cast<double>(low), u = 1 - t;
      weight[d] = {u * u * u / 6, 2.0 / 3 - t * t * (2 - t) / 2, 2.0 / 3 - u * u * (2 - u) / 2, t * t * t / 6};
      for (size_t s = 0; s < 4; ++s) {
        const int64_t p = low - 1 + static_cast<int64_t>(s), end = size_[d] - 1;
        const int64_t mirrored = end == 0 ? 0 : p < 0 ? -p : p > end ? 2 * end - p : p;
        place[d][s] = std::clamp<int64_t>(mirrored, 0, end);
      }
    }
    double sum = 0;
    for (size_t c = 0; c < 4; ++c) {
      for (size_t b = 0; b < 4; ++b) {
        const double* row = coefficients_.data() + (place[2][c] * size_[1] + place[1][b]) * size_[0];
        double line = 0;
        for (size_t a = 0; a < 4; ++a) line += weight[0][a] * row[place[0][a]];
        sum += weight[2][c] * weight[1][b] * line;
      }
    }
    return sum;
  }

 private:
  std::array<int64_t, 3> size_;
  std::vector<double> coefficients_;
};

double Kurtosis(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, second = 0, fourth = 0;
  for (const double x : values) mean += x / n;
  for (const double x : values) {
    const double square = (x - mean) * (x - mean);
    second += square / n;
    fourth += square * square / n;
  }
  return fourth / (second * second) - 3;
}

}  // namespace

Field<double> SlicePatterns(const Exec& exec, const Field<double>& in, int samples, double radius, PatternMethod method) {
  Field<double> out(in.size, in.spacing);
  std::vector<std::array<double, 2>> offsets;
  // The radius is a float32 there.
  const double reach = static_cast<float>(radius);
  for (int s = 0; s < samples; ++s) {
    const double angle = 2 * std::numbers::pi * s / samples;
    offsets.push_back({Rounded5(-reach * std::sin(angle)), Rounded5(reach * std::cos(angle))});
  }
  const int64_t nx = in.size[0], ny = in.size[1];
  ParallelFor(exec, in.size[2], 1, [&](int64_t k, int64_t) {
    std::vector<double> texture(offsets.size());
    const double* slice = in.data() + k * nx * ny;
    for (int64_t j = 0; j < ny; ++j) {
      for (int64_t i = 0; i < nx; ++i) {
        for (size_t s = 0; s < offsets.size(); ++s) {
          texture[s] = Bilinear(slice, nx, ny, static_cast<double>(j) + offsets[s][0], static_cast<double>(i) + offsets[s][1]);
        }
        out.data()[(k * ny + j) * nx + i] = Pattern(texture, slice[j * nx + i], method);
      }
    }
  });
  return out;
}

std::vector<Field<double>> SpherePatterns(const Exec& exec, const Field<double>& in, const std::vector<uint8_t>& mask,
                                          int levels, double radius, int subdivisions, bool whole) {
  const std::vector<Point> points = Icosphere(subdivisions, radius);
  // Angles are taken the other way round there: the polar angle is handed over as azimuth.
  std::vector<std::vector<std::vector<std::complex<double>>>> harmonics(static_cast<size_t>(levels));
  for (int n = 0; n < levels; ++n) {
    for (int m = -n; m <= n; ++m) {
      auto& row = harmonics[static_cast<size_t>(n)].emplace_back();
      for (const Point& p : points) {
        const double polar = std::acos(std::clamp(p[2] / radius, -1.0, 1.0)), azimuth = std::atan2(p[1], p[0]);
        row.push_back(Harmonic(m, n, polar, azimuth));
      }
    }
  }
  std::vector<Field<double>> out;
  for (int n = 0; n <= levels; ++n) {
    std::fill_n(out.emplace_back(in.size, in.spacing).data(), in.voxels(), 0.0);
  }
  const Spline spline(exec, in);
  ParallelFor(exec, in.size[1] * in.size[2], 16, [&](int64_t begin, int64_t end) {
    std::vector<double> samples(points.size());
    std::vector<std::complex<double>> sums(points.size());
    for (int64_t v = begin * in.size[0]; v < end * in.size[0]; ++v) {
      if (mask[static_cast<size_t>(v)] == 0) continue;
      const double i = static_cast<double>(v % in.size[0]), j = static_cast<double>(v / in.size[0] % in.size[1]),
                   k = static_cast<double>(v / (in.size[0] * in.size[1]));
      for (size_t p = 0; p < points.size(); ++p) {
        // The sphere's x goes along k there, its z along i.
        const double x = spline.At({i + points[p][2], j + points[p][1], k + points[p][0]});
        samples[p] = whole ? std::trunc(x > 0 ? x + 0.5 : x - 0.5) : x;
      }
      out.back().data()[v] = Kurtosis(samples);
      for (size_t n = 0; n < harmonics.size(); ++n) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (const auto& harmonic : harmonics[n]) {
          std::complex<double> c = 0;
          for (size_t p = 0; p < points.size(); ++p) c += samples[p] >= in.data()[v] ? harmonic[p] : 0.0;
          for (size_t p = 0; p < points.size(); ++p) sums[p] += c * harmonic[p];
        }
        std::complex<double> square = 0;
        for (const auto& f : sums) square += f * f;
        out[n].data()[v] = std::sqrt(square).real();
      }
    }
  });
  return out;
}

}  // namespace isovox::filters
