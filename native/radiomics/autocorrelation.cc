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

#include "base/storage.h"
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

constexpr int64_t kLines = 8;  // transformed side by side: element t of line b at [t * kLines + b]

// Sums for each of the lines side by side over their frequencies; those of frequency h have weights[min(h, length - h) * step].
struct BlockSums {
  double weight[kLines] = {}, product[kLines] = {}, square[kLines] = {};
};

ISOVOX_CPU_TARGETS void AddProducts(const double* weights, int64_t step, int64_t length, Complex x, Complex m, Complex s, BlockSums& sums) {
  BlockSums to = sums;
  for (int64_t h = 0; h < length; ++h) {
    const double* w = weights + std::min(h, length - h) * step;
    const int64_t at = h * kLines;
    for (int64_t b = 0; b < kLines; ++b) {
      const double mr = m.re[at + b], mi = m.im[at + b], xr = x.re[at + b], xi = x.im[at + b];
      to.weight[b] += w[b] * (mr * mr + mi * mi);
      to.product[b] += w[b] * (xr * xr + xi * xi);
      to.square[b] += w[b] * (s.re[at + b] * mr + s.im[at + b] * mi);
    }
  }
  sums = to;
}

// Where a block of lines of a field goes: frequency f at f times the size of a plane.
struct Planes {
  double *re, *im;
};

// The spectra of two real signals from that of the one plus i times the other, at frequencies [from, to).
ISOVOX_CPU_TARGETS void Separate(Complex both, int64_t length, int64_t from, int64_t to, int64_t plane, Planes one, Planes other) {
  for (int64_t f = from; f < to; ++f) {
    const int64_t mirror = f == 0 ? 0 : length - f, at = (f - from) * plane;
    const double *ar = both.re + f * kLines, *ai = both.im + f * kLines, *mr = both.re + mirror * kLines, *mi = both.im + mirror * kLines;
    double *__restrict re = one.re + at, *__restrict im = one.im + at, *__restrict re2 = other.re + at, *__restrict im2 = other.im + at;
    for (int64_t b = 0; b < kLines; ++b) {
      re[b] = (ar[b] + mr[b]) / 2;
      im[b] = (ai[b] - mi[b]) / 2;
      re2[b] = (ai[b] + mi[b]) / 2;
      im2[b] = (mr[b] - ar[b]) / 2;
    }
  }
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

int64_t RoundedUp(int64_t n) { return (n + kLines - 1) / kLines * kLines; }

struct Lines {
  std::vector<double> re, im;
  explicit Lines(int64_t length) : re(static_cast<size_t>(length * kLines), 0.0), im(re.size(), 0.0) {}
  void Clear(int64_t count) {
    std::fill_n(re.begin(), count * kLines, 0.0);
    std::fill_n(im.begin(), count * kLines, 0.0);
  }
  Complex view() const { return {re.data(), im.data()}; }
};

// Rows of `stride` numbers, of each the kLines from `first` on.
void Gather(const double* rows, int64_t stride, int64_t first, int64_t count, double* to) {
  for (int64_t t = 0; t < count; ++t) std::memcpy(to + t * kLines, rows + t * stride + first, kLines * sizeof(double));
}

// Line b to row b; `n` elements, `lines` rows.
void Transpose(const double* from, int64_t n, int64_t lines, double* rows, int64_t stride) {
  for (int64_t t = 0; t < n; t += kLines) {
    const int64_t end = std::min(n, t + kLines);
    for (int64_t b = 0; b < lines; ++b) {
      for (int64_t u = t; u < end; ++u) rows[b * stride + u] = from[u * kLines + b];
    }
  }
}

// A spectrum is that of a periodic box that is wide enough for the structure not to meet itself. Spectra of real fields
// are symmetric: the half along i is enough.
class Spectra {
 public:
  Spectra(const Region& region, const std::vector<double>& x) : region_(region), x_(x), first_(static_cast<size_t>(region.size[1] * region.size[2]) + 1, 0) {
    for (size_t d = 0; d < 3; ++d) size_[d] = FastFftLength(2 * region.size[d] - 1);
    half_ = size_[0] / 2 + 1;
    depth_ = RoundedUp(region.size[2]);
    for (size_t row = 0; row + 1 < first_.size(); ++row) {
      const uint8_t* in = region.intensity.data() + static_cast<int64_t>(row) * region.size[0];
      first_[row + 1] = first_[row] + std::accumulate(in, in + region.size[0], int64_t{0});
    }
    for (size_t d = 0; d < 3; ++d) plans_.emplace_back(size_[d]);
  }

  PairSums Sums(const Exec& exec) {
    const std::vector<double> weights = Weights(exec);
    const int64_t plane = PlaneSize();
    const int64_t group = std::clamp<int64_t>(kMostSpectrum / (2 * kFields * plane), 1, half_);
    planes_ = Storage::AllocateUnset(static_cast<size_t>(group * 2 * kFields * plane) * sizeof(double));
    PairSums total;
    for (int64_t from = 0; from < half_; from += group) {
      const int64_t to = std::min(half_, from + group);
      AlongI(exec, from, to);
      const PairSums part = OrderedReduce<PairSums>(
          exec, to - from, 4, PairSums{}, [&](int64_t begin, int64_t end) { return OfPlanes(begin, end, from, weights); }, Add);
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

  // The spectrum of 1 / distance, real and even along every axis: an eighth of it, j fastest, then k, by real transforms of
  // which two at a time make a complex one.
  std::vector<double> Weights(const Exec& exec) const {
    const std::array<int64_t, 3> n{half_, size_[1] / 2 + 1, size_[2] / 2 + 1};
    std::vector<double> w(static_cast<size_t>(n[0] * n[1] * n[2]));
    ParallelFor(exec, n[0], 8, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const double x = static_cast<double>(i) * region_.spacing[0];
        for (int64_t k = 0; k < n[2]; ++k) {
          const double z = static_cast<double>(k) * region_.spacing[2], xz = x * x + z * z;
          double* row = w.data() + (i * n[2] + k) * n[1];
          for (int64_t j = 0; j < n[1]; ++j) {
            const double y = static_cast<double>(j) * region_.spacing[1];
            row[j] = 1 / std::sqrt(y * y + xz);
          }
        }
      }
    });
    w[0] = 0;
    const std::array<int64_t, 3> step{n[1] * n[2], 1, n[1]};
    for (size_t axis = 0; axis < 3; ++axis) {
      const size_t u = axis == 1 ? 2 : 1, v = axis == 0 ? 2 : 0;
      const int64_t length = size_[axis], blocks = (n[u] + 2 * kLines - 1) / (2 * kLines);
      ParallelFor(exec, n[v] * blocks, 8, [&](int64_t begin, int64_t end) {
        Lines lines(length);
        for (int64_t job = begin; job < end; ++job) {
          // Line p and line p + kLines are the two parts of a complex one; those beyond the last are zeros.
          const int64_t first = job % blocks * 2 * kLines, count = std::min(2 * kLines, n[u] - first);
          double* base = w.data() + job / blocks * step[v] + first * step[u];
          for (int64_t t = 0; t < length; ++t) {
            const double* from = base + std::min(t, length - t) * step[axis];
            for (int64_t p = 0; p < kLines; ++p) {
              lines.re[static_cast<size_t>(t * kLines + p)] = p < count ? from[p * step[u]] : 0;
              lines.im[static_cast<size_t>(t * kLines + p)] = kLines + p < count ? from[(kLines + p) * step[u]] : 0;
            }
          }
          plans_[axis].Forward(lines.re.data(), lines.im.data(), kLines);
          for (int64_t t = 0; t < n[axis]; ++t) {
            double* to = base + t * step[axis];
            for (int64_t p = 0; p < std::min(kLines, count); ++p) to[p * step[u]] = lines.re[static_cast<size_t>(t * kLines + p)];
            for (int64_t p = kLines; p < count; ++p) to[p * step[u]] = lines.im[static_cast<size_t>(t * kLines + p - kLines)];
          }
        }
      });
    }
    return w;
  }

  // Transforms the rows of voxels and keeps frequencies [from, to), each a plane of rows along k. Intensities and mask of a
  // row make one complex transform, the squares of two rows another.
  void AlongI(const Exec& exec, int64_t from, int64_t to) {
    const auto [nx, ny, nz] = region_.size;
    const int64_t length = size_[0], plane = 2 * kFields * PlaneSize(), blocks = depth_ / kLines;
    ParallelFor(exec, (ny + 1) / 2 * blocks, 4, [&](int64_t begin, int64_t end) {
      Lines both(length), squares(length);
      for (int64_t job = begin; job < end; ++job) {
        const int64_t k0 = job % blocks * kLines, first_j = job / blocks * 2, last_j = std::min(ny, first_j + 2);
        squares.Clear(nx);
        for (int64_t j = first_j; j < last_j; ++j) {
          both.Clear(nx);
          double* square = (j == first_j ? squares.re : squares.im).data();
          for (int64_t b = 0; b < std::min(kLines, region_.size[2] - k0); ++b) {
            const int64_t row = (k0 + b) * region_.size[1] + j;
            const uint8_t* in = region_.intensity.data() + row * region_.size[0];
            const double* x = x_.data() + first_[static_cast<size_t>(row)];
            for (int64_t i = 0; i < region_.size[0]; ++i) {
              if (in[i] == 0) continue;
              both.re[static_cast<size_t>(i * kLines + b)] = *x;
              both.im[static_cast<size_t>(i * kLines + b)] = 1;
              square[i * kLines + b] = *x * *x;
              ++x;
            }
          }
          plans_[0].Forward(both.re.data(), both.im.data(), kLines, region_.size[0]);
          Separate(both.view(), length, from, to, plane, PlanesAt(kIntensity, j, k0), PlanesAt(kInside, j, k0));
        }
        plans_[0].Forward(squares.re.data(), squares.im.data(), kLines, region_.size[0]);
        // Without a second row its part goes to the spare row of each plane.
        Separate(squares.view(), length, from, to, plane, PlanesAt(kSquare, first_j, k0), PlanesAt(kSquare, first_j + 1, k0));
      }
    });
  }

  // Rows along k for every j, and one more where their number is odd.
  int64_t PlaneSize() const { return (region_.size[1] + region_.size[1] % 2) * depth_; }

  Planes PlanesAt(Field field, int64_t j, int64_t k) const {
    double* re = planes_->As<double>().data() + 2 * field * PlaneSize() + j * depth_ + k;
    return {re, re + PlaneSize()};
  }

  // A plane of a field after the transform along j, by k, then frequency.
  struct Turned {
    std::vector<double> re, im;
  };

  // Sums over all frequencies whose first is one of those kept from `kept` on.
  PairSums OfPlanes(int64_t begin, int64_t end, int64_t kept, const std::vector<double>& weights) const {
    const auto [nx, ny, nz] = region_.size;
    const int64_t wide = RoundedUp(size_[1]), n1 = size_[1] / 2 + 1, n2 = size_[2] / 2 + 1;
    std::array<Turned, kFields> turned;
    for (Turned& t : turned) {
      t.re.resize(static_cast<size_t>(wide * nz));
      t.im.resize(t.re.size());
    }
    std::vector<double> plane_weights(static_cast<size_t>(wide * n2));  // 0 beyond the last frequency
    Lines along_j(size_[1]);
    std::array<Lines, kFields> column{Lines(size_[2]), Lines(size_[2]), Lines(size_[2])};
    PairSums sums;
    for (int64_t f = begin; f < end; ++f) {
      for (size_t field = 0; field < kFields; ++field) {
        const double* plane = planes_->As<double>().data() + (f * kFields + static_cast<int64_t>(field)) * 2 * PlaneSize();
        for (int64_t k = 0; k < nz; k += kLines) {
          Gather(plane, depth_, k, ny, along_j.re.data());
          Gather(plane + PlaneSize(), depth_, k, ny, along_j.im.data());
          plans_[1].Forward(along_j.re.data(), along_j.im.data(), kLines, ny);
          const int64_t lines = std::min(kLines, nz - k);
          Transpose(along_j.re.data(), size_[1], lines, turned[field].re.data() + k * wide, wide);
          Transpose(along_j.im.data(), size_[1], lines, turned[field].im.data() + k * wide, wide);
        }
      }
      for (int64_t h = 0; h < n2; ++h) {
        const double* from = weights.data() + ((kept + f) * n2 + h) * n1;
        for (int64_t g = 0; g < size_[1]; ++g) plane_weights[static_cast<size_t>(h * wide + g)] = from[std::min(g, size_[1] - g)];
      }
      BlockSums of_lines;
      for (int64_t g = 0; g < wide; g += kLines) {
        for (size_t field = 0; field < kFields; ++field) {
          Gather(turned[field].re.data(), wide, g, nz, column[field].re.data());
          Gather(turned[field].im.data(), wide, g, nz, column[field].im.data());
          plans_[2].Forward(column[field].re.data(), column[field].im.data(), kLines, nz);
        }
        AddProducts(plane_weights.data() + g, wide, size_[2], column[kIntensity].view(), column[kInside].view(), column[kSquare].view(),
                    of_lines);
      }
      // Frequencies in between stand for their mirror images too.
      const bool own_mirror = kept + f == 0 || 2 * (kept + f) == size_[0];
      const double times = own_mirror ? 1 : 2;
      for (int64_t b = 0; b < kLines; ++b) {
        sums.weight += times * of_lines.weight[b];
        sums.product += times * of_lines.product[b];
        sums.square += times * of_lines.square[b];
      }
    }
    return sums;
  }

  const Region& region_;
  const std::vector<double>& x_;
  std::vector<int64_t> first_;  // of the intensities of each row
  std::array<int64_t, 3> size_;
  int64_t half_;
  int64_t depth_;  // voxels along k, and zeros up to whole blocks of lines
  std::vector<Fft> plans_;
  std::shared_ptr<Storage> planes_;  // by frequency, then field, real and imaginary part, j, k
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
