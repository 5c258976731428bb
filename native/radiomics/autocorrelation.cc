// Sums over all pairs are sums over all lags of an autocorrelation times the weight of the lag; in the frequency domain
// these are products of spectra, so that N voxels cost N log N instead of N^2.
#include "radiomics/autocorrelation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "imaging/fft.h"

namespace isovox::radiomics {
namespace {

struct PairSums {
  double weight = 0;   // sum of w over ordered pairs
  double product = 0;  // sum of w x_i x_j
  double square = 0;   // sum of w x_i^2
};

PairSums Direct(const Region& region, const std::vector<double>& x) {
  std::vector<std::array<double, 3>> at;
  for (int64_t v = 0; v < region.voxels(); ++v) {
    if (region.intensity[static_cast<size_t>(v)] == 0) continue;
    at.push_back({static_cast<double>(v % region.size[0]) * region.spacing[0],
                  static_cast<double>(v / region.size[0] % region.size[1]) * region.spacing[1],
                  static_cast<double>(v / (region.size[0] * region.size[1])) * region.spacing[2]});
  }
  PairSums sums;
  for (size_t a = 0; a < x.size(); ++a) {
    for (size_t b = 0; b < a; ++b) {
      const double w = 1 / std::hypot(at[a][0] - at[b][0], at[a][1] - at[b][1], at[a][2] - at[b][2]);
      sums.weight += 2 * w;
      sums.product += 2 * w * x[a] * x[b];
      sums.square += w * (x[a] * x[a] + x[b] * x[b]);
    }
  }
  return sums;
}

PairSums BySpectra(const Exec& exec, const Region& region, const std::vector<double>& x) {
  std::array<int64_t, 3> size;
  for (size_t d = 0; d < 3; ++d) size[d] = FastFftLength(2 * region.size[d] - 1);
  // One transform holds x and the mask, the other x^2 and the weights: real and imaginary parts of a spectrum separate
  // by the symmetry of real input.
  ComplexBox field(size), weight(size);
  size_t next = 0;
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j) {
      const uint8_t* in = region.intensity.data() + (k * region.size[1] + j) * region.size[0];
      const int64_t row = (k * size[1] + j) * size[0];
      for (int64_t i = 0; i < region.size[0]; ++i) {
        if (in[i] == 0) continue;
        field.re[static_cast<size_t>(row + i)] = x[next++];
        field.im[static_cast<size_t>(row + i)] = 1;
      }
    }
  }
  for (size_t v = 0; v < field.re.size(); ++v) weight.re[v] = field.re[v] * field.re[v];
  for (int64_t k = 0; k < size[2]; ++k) {
    const double z = static_cast<double>(std::min(k, size[2] - k)) * region.spacing[2];
    for (int64_t j = 0; j < size[1]; ++j) {
      const double y = static_cast<double>(std::min(j, size[1] - j)) * region.spacing[1];
      double* row = weight.im.data() + (k * size[1] + j) * size[0];
      for (int64_t i = 0; i < size[0]; ++i) {
        const double u = static_cast<double>(std::min(i, size[0] - i)) * region.spacing[0];
        row[i] = 1 / std::sqrt(u * u + y * y + z * z);
      }
    }
  }
  weight.im[0] = 0;
  Forward3d(exec, field, region.size);
  Forward3d(exec, weight);
  const PairSums total = OrderedReduce<PairSums>(
      exec, size[1] * size[2], 64, PairSums{},
      [&](int64_t begin, int64_t end) {
        PairSums part;
        for (int64_t row = begin; row < end; ++row) {
          const int64_t j = row % size[1], k = row / size[1];
          const int64_t mirror = (((size[2] - k) % size[2]) * size[1] + (size[1] - j) % size[1]) * size[0];
          for (int64_t i = 0; i < size[0]; ++i) {
            const auto a = static_cast<size_t>(row * size[0] + i);
            const auto b = static_cast<size_t>(mirror + (i == 0 ? 0 : size[0] - i));
            const double xr = (field.re[a] + field.re[b]) / 2, xi = (field.im[a] - field.im[b]) / 2;
            const double mr = (field.im[a] + field.im[b]) / 2, mi = (field.re[b] - field.re[a]) / 2;
            const double sr = (weight.re[a] + weight.re[b]) / 2, si = (weight.im[a] - weight.im[b]) / 2;
            const double w = (weight.im[a] + weight.im[b]) / 2;
            part.weight += w * (mr * mr + mi * mi);
            part.product += w * (xr * xr + xi * xi);
            part.square += w * (sr * mr + si * mi);
          }
        }
        return part;
      },
      [](PairSums& into, PairSums&& part) {
        into.weight += part.weight;
        into.product += part.product;
        into.square += part.square;
      });
  const auto n = static_cast<double>(field.re.size());
  return {total.weight / n, total.product / n, total.square / n};
}

}  // namespace

Autocorrelation AutocorrelationOf(const Exec& exec, const Region& region, std::vector<double> x) {
  const auto n = static_cast<double>(x.size());
  const bool flat = std::all_of(x.begin(), x.end(), [&](double value) { return value == x.front(); });
  double mean = 0, square = 0;
  for (const double value : x) mean += value / n;
  for (double& value : x) {
    value -= mean;
    square += value * value;
  }
  if (flat) {
    return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  }
  const PairSums sums = x.size() <= 1000 ? Direct(region, x) : BySpectra(exec, region, x);
  return {n / sums.weight * sums.product / square,
          (n - 1) / (2 * sums.weight) * 2 * (sums.square - sums.product) / square};
}

}  // namespace isovox::radiomics
