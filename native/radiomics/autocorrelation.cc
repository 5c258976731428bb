// Sums over all pairs are sums over all lags of an autocorrelation times the weight of the lag; in the frequency domain
// these are products of spectra, so that N voxels cost N log N instead of N^2.
#include "radiomics/autocorrelation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "imaging/fft.h"
#include "simd/targets.h"

namespace isovox::radiomics {
namespace {

struct PairSums {
  double weight = 0;   // sum of w over ordered pairs
  double product = 0;  // sum of w x_i x_j
  double square = 0;   // sum of w x_i^2
};

struct Complex {
  const double *re, *im;
};

constexpr int64_t kLines = 8;  // transformed side by side

// Sums for each line of a block over its frequencies; those of frequency h have weights[min(h, length - h) * step].
struct BlockSums {
  double weight[kLines] = {}, product[kLines] = {}, square[kLines] = {};
};

ISOVOX_CPU_TARGETS void AddProducts(const double* weights, int64_t step, int64_t length, int64_t lines, Complex x, Complex m, Complex s,
                                    BlockSums& sums) {
  BlockSums to = sums;
  for (int64_t h = 0; h < length; ++h) {
    const double* w = weights + std::min(h, length - h) * step;
    const int64_t at = h * lines;
    for (int64_t b = 0; b < lines; ++b) {
      const double mr = m.re[at + b], mi = m.im[at + b], xr = x.re[at + b], xi = x.im[at + b];
      to.weight[b] += w[b] * (mr * mr + mi * mi);
      to.product[b] += w[b] * (xr * xr + xi * xi);
      to.square[b] += w[b] * (s.re[at + b] * mr + s.im[at + b] * mi);
    }
  }
  sums = to;
}

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

// Real fields whose sums over pairs are asked for.
enum Field : size_t { kIntensity, kInside, kSquare, kFields };

constexpr int64_t kMostSpectrum = 3 << 22;  // numbers of the half-transformed fields that are kept at once

struct Lines {
  std::vector<double> re, im;
  explicit Lines(int64_t length) : re(static_cast<size_t>(length * kLines), 0.0), im(re.size(), 0.0) {}
  void Clear() {
    std::fill(re.begin(), re.end(), 0.0);
    std::fill(im.begin(), im.end(), 0.0);
  }
};

// One element of `count` lines side by side; nearly always all of them.
inline void CopyLines(const double* from, int64_t count, double* to) {
  if (count == kLines) {
    std::memcpy(to, from, kLines * sizeof(double));
  } else {
    std::copy_n(from, count, to);
  }
}

// A spectrum is that of a periodic box that is wide enough for the structure not to meet itself. Spectra of real fields
// are symmetric: the half along i is enough.
class Spectra {
 public:
  Spectra(const Region& region, const std::vector<double>& x) : region_(region), x_(x), first_(static_cast<size_t>(region.size[1] * region.size[2]) + 1, 0) {
    for (size_t d = 0; d < 3; ++d) size_[d] = FastFftLength(2 * region.size[d] - 1);
    half_ = size_[0] / 2 + 1;
    for (size_t row = 0; row + 1 < first_.size(); ++row) {
      const uint8_t* in = region.intensity.data() + static_cast<int64_t>(row) * region.size[0];
      first_[row + 1] = first_[row] + std::accumulate(in, in + region.size[0], int64_t{0});
    }
    for (size_t d = 0; d < 3; ++d) plans_.emplace_back(size_[d]);
  }

  PairSums Sums(const Exec& exec) {
    const std::vector<double> weights = Weights(exec);
    const int64_t column = region_.size[1] * region_.size[2];
    const int64_t group = std::clamp<int64_t>(kMostSpectrum / (2 * kFields * column) / kLines, 1, (half_ + kLines - 1) / kLines) * kLines;
    PairSums total;
    for (int64_t from = 0; from < half_; from += group) {
      const int64_t to = std::min(half_, from + group);
      AlongI(exec, from, to);
      const PairSums part = OrderedReduce<PairSums>(
          exec, (to - from + kLines - 1) / kLines, 1, PairSums{},
          [&](int64_t begin, int64_t) { return Columns(from, from + begin * kLines, std::min(to, from + (begin + 1) * kLines), weights); },
          Add);
      Add(total, PairSums(part));
    }
    const auto n = static_cast<double>(size_[0] * size_[1] * size_[2]);
    return {total.weight / n, total.product / n, total.square / n};
  }

 private:
  static void Add(PairSums& into, PairSums&& part) {
    into.weight += part.weight;
    into.product += part.product;
    into.square += part.square;
  }

  // The spectrum of 1 / distance, real and even along every axis: an eighth of it, i fastest, by real transforms of
  // which two at a time make a complex one.
  std::vector<double> Weights(const Exec& exec) const {
    const std::array<int64_t, 3> n{half_, size_[1] / 2 + 1, size_[2] / 2 + 1};
    std::vector<double> w(static_cast<size_t>(n[0] * n[1] * n[2]));
    ParallelFor(exec, n[2], 8, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        const double z = static_cast<double>(k) * region_.spacing[2];
        for (int64_t j = 0; j < n[1]; ++j) {
          const double y = static_cast<double>(j) * region_.spacing[1], yz = y * y + z * z;
          double* row = w.data() + (k * n[1] + j) * n[0];
          for (int64_t i = 0; i < n[0]; ++i) {
            const double u = static_cast<double>(i) * region_.spacing[0];
            row[i] = 1 / std::sqrt(u * u + yz);
          }
        }
      }
    });
    w[0] = 0;
    const std::array<int64_t, 3> step{1, n[0], n[0] * n[1]};
    for (size_t axis = 0; axis < 3; ++axis) {
      const size_t u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
      const int64_t length = size_[axis], blocks = (n[u] + 2 * kLines - 1) / (2 * kLines);
      ParallelFor(exec, n[v] * blocks, 8, [&](int64_t begin, int64_t end) {
        Lines lines(length);
        for (int64_t job = begin; job < end; ++job) {
          const int64_t first = job % blocks * 2 * kLines, count = std::min(2 * kLines, n[u] - first);
          const int64_t pairs = (count + 1) / 2, second = pairs;  // line p and line p + pairs
          double* base = w.data() + job / blocks * step[v] + first * step[u];
          for (int64_t t = 0; t < length; ++t) {
            const double* from = base + std::min(t, length - t) * step[axis];
            for (int64_t p = 0; p < pairs; ++p) {
              lines.re[static_cast<size_t>(t * pairs + p)] = from[p * step[u]];
              lines.im[static_cast<size_t>(t * pairs + p)] = second + p < count ? from[(second + p) * step[u]] : 0;
            }
          }
          plans_[axis].Forward(lines.re.data(), lines.im.data(), pairs);
          for (int64_t t = 0; t < n[axis]; ++t) {
            double* to = base + t * step[axis];
            for (int64_t p = 0; p < pairs; ++p) {
              to[p * step[u]] = lines.re[static_cast<size_t>(t * pairs + p)];
              if (second + p < count) to[(second + p) * step[u]] = lines.im[static_cast<size_t>(t * pairs + p)];
            }
          }
        }
      });
    }
    return w;
  }

  // Transforms the rows of voxels and keeps frequencies [from, to). Intensities and mask of a row make one complex
  // transform, the squares of two rows another.
  void AlongI(const Exec& exec, int64_t from, int64_t to) {
    const int64_t length = size_[0], rows = region_.size[1] * region_.size[2], kept = to - from;
    for (auto& field : re_) field.resize(static_cast<size_t>(rows * kept));
    for (auto& field : im_) field.resize(static_cast<size_t>(rows * kept));
    ParallelFor(exec, (rows + kLines - 1) / kLines, 8, [&](int64_t begin, int64_t end) {
      Lines both(length), squares(length);
      for (int64_t block = begin; block < end; ++block) {
        const int64_t first = block * kLines, count = std::min(kLines, rows - first), pairs = (count + 1) / 2;
        both.Clear();
        squares.Clear();
        for (int64_t b = 0; b < count; ++b) {
          const uint8_t* in = region_.intensity.data() + (first + b) * region_.size[0];
          const double* x = x_.data() + first_[static_cast<size_t>(first + b)];
          double* square = (b < pairs ? squares.re : squares.im).data() + (b < pairs ? b : b - pairs);
          for (int64_t i = 0; i < region_.size[0]; ++i) {
            if (in[i] == 0) continue;
            both.re[static_cast<size_t>(i * count + b)] = *x;
            both.im[static_cast<size_t>(i * count + b)] = 1;
            square[i * pairs] = *x * *x;
            ++x;
          }
        }
        plans_[0].Forward(both.re.data(), both.im.data(), count);
        plans_[0].Forward(squares.re.data(), squares.im.data(), pairs);
        for (int64_t f = from; f < to; ++f) {
          const int64_t mirror = f == 0 ? 0 : length - f;
          const auto keep = [&](const Lines& lines, int64_t batch, int64_t b, Field one, int64_t row_one, Field other, int64_t row_other) {
            const auto a = static_cast<size_t>(f * batch + b), m = static_cast<size_t>(mirror * batch + b);
            const auto p = static_cast<size_t>(row_one * kept + f - from), q = static_cast<size_t>(row_other * kept + f - from);
            re_[one][p] = (lines.re[a] + lines.re[m]) / 2;
            im_[one][p] = (lines.im[a] - lines.im[m]) / 2;
            if (row_other >= rows) return;
            re_[other][q] = (lines.im[a] + lines.im[m]) / 2;
            im_[other][q] = (lines.re[m] - lines.re[a]) / 2;
          };
          for (int64_t b = 0; b < count; ++b) keep(both, count, b, kIntensity, first + b, kInside, first + b);
          for (int64_t b = 0; b < pairs; ++b) {
            keep(squares, pairs, b, kSquare, first + b, kSquare, b + pairs < count ? first + b + pairs : rows);
          }
        }
      }
    });
  }

  // Sums over all frequencies whose first is in [from, to); `kept` is the first that AlongI keeps.
  PairSums Columns(int64_t kept, int64_t from, int64_t to, const std::vector<double>& weights) const {
    const auto [nx, ny, nz] = region_.size;
    const int64_t width = static_cast<int64_t>(re_[0].size()) / (ny * nz), count = to - from;
    const int64_t slice = size_[1] * count;
    std::array<std::unique_ptr<double[]>, kFields> re, im;  // after the transform along j: by k, then frequency, then line
    for (size_t f = 0; f < kFields; ++f) {
      re[f] = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(slice * nz));
      im[f] = std::make_unique_for_overwrite<double[]>(static_cast<size_t>(slice * nz));
      for (int64_t k = 0; k < nz; ++k) {
        double *to_re = re[f].get() + k * slice, *to_im = im[f].get() + k * slice;
        for (int64_t j = 0; j < ny; ++j) {
          const int64_t row = (k * ny + j) * width + from - kept;
          CopyLines(re_[f].data() + row, count, to_re + j * count);
          CopyLines(im_[f].data() + row, count, to_im + j * count);
        }
        std::fill(to_re + ny * count, to_re + slice, 0.0);
        std::fill(to_im + ny * count, to_im + slice, 0.0);
        plans_[1].Forward(to_re, to_im, count);
      }
    }
    std::array<Lines, kFields> column{Lines(size_[2]), Lines(size_[2]), Lines(size_[2])};
    BlockSums of_lines;
    for (int64_t g = 0; g < size_[1]; ++g) {
      for (size_t f = 0; f < kFields; ++f) {
        for (int64_t k = 0; k < nz; ++k) {
          CopyLines(re[f].get() + k * slice + g * count, count, column[f].re.data() + k * count);
          CopyLines(im[f].get() + k * slice + g * count, count, column[f].im.data() + k * count);
        }
        std::fill(column[f].re.begin() + nz * count, column[f].re.end(), 0.0);
        std::fill(column[f].im.begin() + nz * count, column[f].im.end(), 0.0);
        plans_[2].Forward(column[f].re.data(), column[f].im.data(), count);
      }
      const double* plane = weights.data() + std::min(g, size_[1] - g) * half_ + from;
      const auto of = [&](Field f) { return Complex{column[f].re.data(), column[f].im.data()}; };
      AddProducts(plane, half_ * (size_[1] / 2 + 1), size_[2], count, of(kIntensity), of(kInside), of(kSquare), of_lines);
    }
    PairSums sums;
    for (int64_t b = 0; b < count; ++b) {
      // Frequencies in between stand for their mirror images too.
      const bool own_mirror = from + b == 0 || 2 * (from + b) == size_[0];
      const double times = own_mirror ? 1 : 2;
      sums.weight += times * of_lines.weight[b];
      sums.product += times * of_lines.product[b];
      sums.square += times * of_lines.square[b];
    }
    return sums;
  }

  const Region& region_;
  const std::vector<double>& x_;
  std::vector<int64_t> first_;  // of the intensities of each row
  std::array<int64_t, 3> size_;
  int64_t half_;
  std::vector<Fft> plans_;
  std::array<std::vector<double>, kFields> re_, im_;  // by row, then frequency
};

PairSums BySpectra(const Exec& exec, const Region& region, const std::vector<double>& x) {
  return Spectra(region, x).Sums(exec);
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
