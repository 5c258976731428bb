#include "filters/spectral.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include "filters/kernels.h"
#include "filters/separable.h"
#include "imaging/fft.h"
#include "filters/symmetric_eigen.h"

namespace isovox::filters {
namespace {

// The frequency of every element of a spectrum, as a part of the largest.
std::vector<double> Frequencies(int64_t n) {
  std::vector<double> out(static_cast<size_t>(n), 0.0);
  if (n == 1) return out;
  const double centre = static_cast<double>(n - 1) / 2;
  for (int64_t f = 0; f < n; ++f) {
    const int64_t place = (f + n / 2) % n;  // halves exchanged
    out[static_cast<size_t>(f)] = (static_cast<double>(place) - centre) / centre;
  }
  return out;
}

double Radial(RadialWavelet wavelet, int level, double radius) {
  const double largest = std::ldexp(1.0, 1 - level);
  if (radius > largest) return 0;
  if (wavelet == RadialWavelet::kShannon) return radius >= largest / 2 ? 1 : 0;
  return radius >= largest / 4 ? std::cos(std::numbers::pi / 2 * std::log2(2 * radius / largest)) : 0;
}

double Factorial(int n) { return n < 2 ? 1 : n * Factorial(n - 1); }

// sqrt(L! / (l1! l2! l3!)): the weight of one order among those of degree L.
double OrderWeight(const RieszOrder& l) {
  return std::sqrt(Factorial(l[0] + l[1] + l[2]) / (Factorial(l[0]) * Factorial(l[1]) * Factorial(l[2])));
}

double Power(double x, int n) {
  double out = 1;
  for (; n > 0; --n) out *= x;
  return out;
}

// Multiplies a spectrum by the radial wavelet and by (-j)^L times the monomial of the Riesz order.
void Multiply(const Exec& exec, ComplexBox& box, const Spectral& filter, const std::optional<RieszOrder>& order) {
  std::array<std::vector<double>, 3> nu;
  for (size_t d = 0; d < 3; ++d) {
    nu[d] = d == 2 && filter.slices ? std::vector<double>(static_cast<size_t>(box.size[2]), 0.0) : Frequencies(box.size[d]);
  }
  const RieszOrder l = order.value_or(RieszOrder{0, 0, 0});
  const int degree = l[0] + l[1] + l[2];
  const double weight = OrderWeight(l);
  ParallelFor(exec, box.size[1] * box.size[2], 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const double y = nu[1][static_cast<size_t>(row % box.size[1])], z = nu[2][static_cast<size_t>(row / box.size[1])];
      const double yz = weight * Power(y, l[1]) * Power(z, l[2]);
      for (int64_t i = 0; i < box.size[0]; ++i) {
        const double x = nu[0][static_cast<size_t>(i)], radius = std::sqrt(x * x + y * y + z * z);
        double gain = filter.wavelet ? Radial(*filter.wavelet, filter.level, radius) : 1;
        if (degree > 0) gain *= radius > 0 ? yz * Power(x, l[0]) / Power(radius, degree) : 0;
        const auto at = static_cast<size_t>(row * box.size[0] + i);
        const double re = box.re[at] * gain, im = box.im[at] * gain;
        // (-j)^degree
        box.re[at] = degree % 4 == 0 ? re : degree % 4 == 1 ? im : degree % 4 == 2 ? -re : -im;
        box.im[at] = degree % 4 == 0 ? im : degree % 4 == 1 ? -re : degree % 4 == 2 ? -im : re;
      }
    }
  });
}

void Transform(const Exec& exec, ComplexBox& box, bool slices) {
  if (slices) {
    ForwardSlices(exec, box);
  } else {
    Forward3d(exec, box);
  }
}

ComplexBox SpectrumOf(const Exec& exec, const Field<double>& in, bool slices) {
  ComplexBox box(in.size);
  std::copy_n(in.data(), in.voxels(), box.re.begin());
  Transform(exec, box, slices);
  return box;
}

Field<double> RealPart(const Exec& exec, ComplexBox box, const Field<double>& like, bool slices) {
  std::swap(box.re, box.im);
  Transform(exec, box, slices);
  std::swap(box.re, box.im);
  const double scale = 1 / static_cast<double>(slices ? box.size[0] * box.size[1] : box.size[0] * box.size[1] * box.size[2]);
  Field<double> out(like.size, like.spacing);
  std::transform(box.re.begin(), box.re.end(), out.data(), [&](double x) { return x * scale; });
  return out;
}

// Maps of all orders of one degree, turned at every voxel: the polynomial of the wanted order in turned axes is expanded
// into monomials of the fixed ones (A. Depeursinge et al., IEEE Trans. Image Process. 23, 2014).
Field<double> Steered(const Exec& exec, const Field<double>& in, const ComplexBox& spectrum, const Spectral& filter) {
  const RieszOrder wanted = *filter.riesz;
  const int degree = wanted[0] + wanted[1] + wanted[2];
  const size_t dimensions = filter.slices ? 2 : 3;
  const auto map_of = [&](const RieszOrder& order) {
    ComplexBox copy = spectrum;
    Multiply(exec, copy, filter, order);
    return RealPart(exec, std::move(copy), in, filter.slices);
  };
  // The structure tensor: smoothed products of the maps of first order.
  std::vector<Field<double>> first;
  for (size_t d = 0; d < dimensions; ++d) {
    RieszOrder order{0, 0, 0};
    order[d] = 1;
    first.push_back(map_of(order));
  }
  Kernels smooth;
  for (size_t d = 0; d < dimensions; ++d) smooth[d] = GaussianKernel(*filter.steer_sigma, 4);
  std::map<std::pair<size_t, size_t>, Field<double>> tensor;
  for (size_t a = 0; a < dimensions; ++a) {
    for (size_t b = a; b < dimensions; ++b) {
      Field<double> product(in.size, in.spacing);
      std::transform(first[a].data(), first[a].data() + in.voxels(), first[b].data(), product.data(), std::multiplies<>());
      tensor.emplace(std::pair{a, b}, Convolve(exec, product, smooth, Boundary::kPeriodic));
    }
  }
  std::vector<std::pair<RieszOrder, Field<double>>> maps;
  for (int a = 0; a <= degree; ++a) {
    for (int b = 0; a + b <= degree; ++b) {
      const RieszOrder order{a, b, degree - a - b};
      if (dimensions == 3 || order[2] == 0) maps.emplace_back(order, map_of(order));
    }
  }
  Field<double> out(in.size, in.spacing);
  ParallelFor(exec, in.voxels(), 4096, [&](int64_t begin, int64_t end) {
    for (int64_t v = begin; v < end; ++v) {
      Matrix3 m{};
      for (const auto& [at, field] : tensor) m[at.first][at.second] = m[at.second][at.first] = field.data()[v];
      const Eigen3 axes = EigenOf(m);  // eigenvalues descending, axes as rows
      // Coefficients of the product of linear forms, by exponent.
      std::map<RieszOrder, double> terms{{RieszOrder{0, 0, 0}, OrderWeight(wanted)}};
      for (size_t d = 0; d < dimensions; ++d) {
        for (int n = 0; n < wanted[d]; ++n) {
          std::map<RieszOrder, double> next;
          for (const auto& [exponent, c] : terms) {
            for (size_t e = 0; e < dimensions; ++e) {
              RieszOrder more = exponent;
              ++more[e];
              next[more] += c * axes.vectors[d][e];
            }
          }
          terms = std::move(next);
        }
      }
      double sum = 0;
      for (const auto& [order, map] : maps) {
        const auto term = terms.find(order);
        if (term != terms.end()) sum += term->second / OrderWeight(order) * map.data()[v];
      }
      out.data()[v] = sum;
    }
  });
  return out;
}

}  // namespace

Field<double> FilterSpectrum(const Exec& exec, const Field<double>& in, const Spectral& filter) {
  ComplexBox spectrum = SpectrumOf(exec, in, filter.slices);
  if (filter.riesz && filter.steer_sigma) return Steered(exec, in, spectrum, filter);
  Multiply(exec, spectrum, filter, filter.riesz);
  return RealPart(exec, std::move(spectrum), in, filter.slices);
}

Field<double> Pad(const Exec& exec, const Field<double>& in, const std::array<int64_t, 3>& margin, Boundary boundary) {
  std::array<int64_t, 3> size = in.size;
  for (size_t d = 0; d < 3; ++d) size[d] += 2 * margin[d];
  Field<double> out(size, in.spacing);
  ParallelFor(exec, size[1] * size[2], 256, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t j = BoundaryIndex(row % size[1] - margin[1], in.size[1], boundary);
      const int64_t k = BoundaryIndex(row / size[1] - margin[2], in.size[2], boundary);
      double* to = out.data() + row * size[0];
      for (int64_t x = 0; x < size[0]; ++x) {
        const int64_t i = BoundaryIndex(x - margin[0], in.size[0], boundary);
        to[x] = i < 0 || j < 0 || k < 0 ? 0 : in.data()[(k * in.size[1] + j) * in.size[0] + i];
      }
    }
  });
  return out;
}

Field<double> Crop(const Exec& exec, const Field<double>& in, const std::array<int64_t, 3>& margin) {
  std::array<int64_t, 3> size = in.size;
  for (size_t d = 0; d < 3; ++d) size[d] -= 2 * margin[d];
  Field<double> out(size, in.spacing);
  ParallelFor(exec, size[1] * size[2], 256, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t j = row % size[1] + margin[1], k = row / size[1] + margin[2];
      std::copy_n(in.data() + (k * in.size[1] + j) * in.size[0] + margin[0], size[0], out.data() + row * size[0]);
    }
  });
  return out;
}

}  // namespace isovox::filters
