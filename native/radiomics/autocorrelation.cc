// Sums over all pairs are sums over all lags of an autocorrelation times the weight of the lag; in the frequency domain
// these are products of spectra, so that N voxels cost N log N instead of N^2.
#include "radiomics/autocorrelation.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "imaging/fft.h"
#include "simd/targets.h"
#include "simd/transpose.h"

namespace isovox::radiomics {
namespace {

struct PairSums {
  double weight = 0;   // sum of w over ordered pairs
  double product = 0;  // sum of w x_i x_j
  double square = 0;   // sum of w x_i^2
};

// Transforms are of single precision: sums over all frequencies are of doubles, and the errors of single frequencies are of
// either sign. The tests hold them to the sums over pairs.
using Real = float;

struct Complex {
  const Real *re, *im;
};

constexpr int64_t kLines = 16;  // transformed side by side: element t of line b at [t * kLines + b]

// Half the lines; targets with narrower registers take several.
typedef Real Part __attribute__((vector_size(kLines / 2 * sizeof(Real))));
typedef double WidePart __attribute__((vector_size(kLines / 2 * sizeof(double))));

[[gnu::always_inline]] inline void Load(const Real* from, Part& to) { std::memcpy(&to, from, sizeof to); }
[[gnu::always_inline]] inline void Store(const Part& from, Real* to) { std::memcpy(to, &from, sizeof from); }

// Sums for each of the lines side by side over their frequencies; those of frequency h have weights[min(h, length - h) * step].
struct BlockSums {
  WidePart weight[2] = {}, product[2] = {}, square[2] = {};
};

ISOVOX_CPU_TARGETS void AddProducts(const Real* weights, int64_t step, int64_t length, Complex x, Complex m, Complex s, BlockSums& sums) {
  for (int64_t half = 0; half < 2; ++half) {
    WidePart weight = sums.weight[half], product = sums.product[half], square = sums.square[half];
    for (int64_t h = 0; h < length; ++h) {
      const int64_t at = h * kLines + half * kLines / 2;
      Part w, mr, mi, xr, xi, sr, si;
      Load(weights + std::min(h, length - h) * step + half * kLines / 2, w);
      Load(m.re + at, mr);
      Load(m.im + at, mi);
      Load(x.re + at, xr);
      Load(x.im + at, xi);
      Load(s.re + at, sr);
      Load(s.im + at, si);
      weight += __builtin_convertvector(w * (mr * mr + mi * mi), WidePart);
      product += __builtin_convertvector(w * (xr * xr + xi * xi), WidePart);
      square += __builtin_convertvector(w * (sr * mr + si * mi), WidePart);
    }
    sums.weight[half] = weight;
    sums.product[half] = product;
    sums.square[half] = square;
  }
}

// The spectra at frequency f of the two real signals of which one plus i times the other was transformed: kLines numbers
// of the one, then as many of the other.
ISOVOX_CPU_TARGETS void Separate(Complex both, int64_t length, int64_t f, Real* re, Real* im) {
  const int64_t mirror = f == 0 ? 0 : length - f;
  for (int64_t b = 0; b < kLines; b += kLines / 2) {
    Part ar, ai, mr, mi;
    Load(both.re + f * kLines + b, ar);
    Load(both.im + f * kLines + b, ai);
    Load(both.re + mirror * kLines + b, mr);
    Load(both.im + mirror * kLines + b, mi);
    Store((ar + mr) / 2, re + b);
    Store((ai - mi) / 2, im + b);
    Store((ai + mi) / 2, re + kLines + b);
    Store((mr - ar) / 2, im + kLines + b);
  }
}

// Of points `step` apart along an axis that lies at a distance whose square is given.
ISOVOX_CPU_TARGETS void InverseDistances(double square, double step, int64_t n, Real* out) {
  for (int64_t j = 0; j < n; ++j) {
    const double y = static_cast<double>(j) * step;
    out[j] = static_cast<Real>(1 / std::sqrt(y * y + square));
  }
}

// Intensities less their mean, in units of their deviation: their squares are far from the ends of every type, and sum to
// how many there are.
struct Standardised {
  double mean, scale;
  double Of(double intensity) const { return (intensity - mean) * scale; }
};

// Calls use(intensity) for the voxels of the intensity mask, i fastest.
template <typename Use>
void ForIntensities(const Region& region, Use use) {
  const uint8_t* in = region.intensity.data();
  for (int64_t k = 0; k < region.size[2]; ++k) {
    for (int64_t j = 0; j < region.size[1]; ++j, in += region.size[0]) {
      const double* row = region.Row(j, k);
      for (int64_t i = 0; i < region.size[0]; ++i) {
        if (in[i] != 0) use(row[i]);
      }
    }
  }
}

PairSums Direct(const Region& region, const Standardised& intensities) {
  std::vector<double> x;
  ForIntensities(region, [&](double value) { x.push_back(intensities.Of(value)); });
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
enum Field : int64_t { kIntensity, kInside, kSquare, kFields };

constexpr int64_t kLeastSpectrum = 1 << 21;  // numbers of the half-transformed fields that are always kept at once

int64_t RoundedUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

struct Lines {
  std::vector<Real> re, im;
  explicit Lines(int64_t length) : re(static_cast<size_t>(length * kLines), Real{0}), im(re.size(), Real{0}) {}
  void Clear(int64_t count) {
    std::fill_n(re.begin(), count * kLines, Real{0});
    std::fill_n(im.begin(), count * kLines, Real{0});
  }
  Complex view() const { return {re.data(), im.data()}; }
};

// Of rows of `stride` numbers, the kLines from `rows` on of each.
void Gather(const Real* rows, int64_t stride, int64_t count, Real* to) {
  for (int64_t t = 0; t < count; ++t) std::memcpy(to + t * kLines, rows + t * stride, kLines * sizeof(Real));
}

// `count` even lines of `length` numbers, of which the first n are given; one of the two steps, along a line and from line
// to line, is 1.
void TakeLines(const Real* from, int64_t along, int64_t across, int64_t n, int64_t count, int64_t length, Real* to) {
  if (count < kLines) std::fill_n(to, length * kLines, Real{0});
  if (across == 1) {
    for (int64_t t = 0; t < n; ++t) std::copy_n(from + t * along, count, to + t * kLines);
  } else {
    simd::Transpose(from, across, count, n, to, kLines);
  }
  for (int64_t t = n; t < length; ++t) std::copy_n(to + (length - t) * kLines, kLines, to + t * kLines);
}

// Their first n numbers, back to where they came from.
void PutLines(const Real* from, int64_t n, int64_t count, Real* to, int64_t along, int64_t across) {
  if (across == 1) {
    for (int64_t t = 0; t < n; ++t) std::copy_n(from + t * kLines, count, to + t * along);
  } else {
    simd::Transpose(from, kLines, n, count, to, across);
  }
}

// A spectrum is that of a periodic box that is wide enough for the structure not to meet itself. Spectra of real fields
// are symmetric: the half along i is enough. The rows along i that share j lie one after the other, those of the first
// field by k, then those of the next; two blocks of them are the parts of complex lines.
class Spectra {
 public:
  Spectra(const Region& region, const Standardised& x) : region_(region), x_(x) {
    for (size_t d = 0; d < 3; ++d) {
      size_[d] = FastFftLength(2 * region.size[d] - 1);
      plans_.emplace_back(size_[d]);
    }
    half_ = size_[0] / 2 + 1;
    rows_ = kFields * region.size[2];
    wide_ = RoundedUp(rows_, 2 * kLines);
  }

  PairSums Sums(const Exec& exec) {
    const std::vector<Real> weights = Weights(exec);
    const int64_t plane = region_.size[1] * 2 * wide_;
    // No more memory than the structure's box of the image, of doubles, takes; in parts of one size.
    const int64_t most = std::max<int64_t>(region_.voxels() * static_cast<int64_t>(sizeof(double) / sizeof(Real)), kLeastSpectrum);
    const int64_t parts = (half_ + std::max<int64_t>(most / plane, 1) - 1) / std::max<int64_t>(most / plane, 1);
    kept_ = (half_ + parts - 1) / parts;
    planes_.reset(new Real[static_cast<size_t>(kept_ * plane)]);
    PairSums total;
    for (int64_t from = 0; from < half_; from += kept_) {
      const int64_t to = std::min(half_, from + kept_);
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
  std::vector<Real> Weights(const Exec& exec) const {
    const std::array<int64_t, 3> n{half_, size_[1] / 2 + 1, size_[2] / 2 + 1};
    std::vector<Real> w(static_cast<size_t>(n[0] * n[1] * n[2]));
    ParallelFor(exec, n[0], 8, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin * n[2]; row < end * n[2]; ++row) {
        const double x = static_cast<double>(row / n[2]) * region_.spacing[0], z = static_cast<double>(row % n[2]) * region_.spacing[2];
        InverseDistances(x * x + z * z, region_.spacing[1], n[1], w.data() + row * n[1]);
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
          const int64_t first = job % blocks * 2 * kLines, ones = std::min(kLines, n[u] - first), others = std::clamp<int64_t>(n[u] - first - kLines, 0, kLines);
          Real* base = w.data() + job / blocks * step[v] + first * step[u];
          TakeLines(base, step[axis], step[u], n[axis], ones, length, lines.re.data());
          TakeLines(base + kLines * step[u], step[axis], step[u], n[axis], others, length, lines.im.data());
          plans_[axis].Forward(lines.re.data(), lines.im.data(), kLines);
          PutLines(lines.re.data(), n[axis], ones, base, step[axis], step[u]);
          PutLines(lines.im.data(), n[axis], others, base + kLines * step[u], step[axis], step[u]);
        }
      });
    }
    return w;
  }

  // Writes the voxels of row `row` of the fields at j to every kLines-th number from `to` on.
  void Fill(int64_t j, int64_t row, Real* to) const {
    const auto [nx, ny, nz] = region_.size;
    const int64_t field = row / nz, at = row % nz * ny + j;
    const uint8_t* in = region_.intensity.data() + at * nx;
    const double* value = region_.Row(j, row % nz);
    for (int64_t i = 0; i < nx; ++i) {
      if (in[i] == 0) continue;
      const auto x = static_cast<Real>(x_.Of(value[i]));
      to[i * kLines] = field == kInside ? 1 : field == kIntensity ? x : x * x;
    }
  }

  // Transforms the rows of voxels and keeps frequencies [from, to), each a plane. All rows of a j are transformed before
  // they are written, so that they are written from front to back.
  void AlongI(const Exec& exec, int64_t from, int64_t to) {
    const int64_t blocks = wide_ / (2 * kLines);
    ParallelFor(exec, region_.size[1], 2, [&](int64_t begin, int64_t end) {
      std::vector<Lines> lines(static_cast<size_t>(blocks), Lines(size_[0]));
      for (int64_t j = begin; j < end; ++j) {
        for (int64_t first = 0; first < rows_; first += 2 * kLines) {
          Lines& block = lines[static_cast<size_t>(first / (2 * kLines))];
          block.Clear(region_.size[0]);
          for (int64_t b = 0; b < std::min(2 * kLines, rows_ - first); ++b) {
            Fill(j, first + b, b < kLines ? block.re.data() + b : block.im.data() + b - kLines);
          }
          plans_[0].Forward(block.re.data(), block.im.data(), kLines, region_.size[0]);
        }
        Real* plane_row = planes_.get() + j * kept_ * 2 * wide_;
        for (int64_t f = from; f < to; ++f, plane_row += 2 * wide_) {
          for (int64_t b = 0; b < blocks; ++b) {
            Real* to_block = plane_row + b * 2 * kLines;
            Separate(lines[static_cast<size_t>(b)].view(), size_[0], f, to_block, to_block + wide_);
          }
        }
      }
    });
  }

  // Sums over all frequencies whose first is one of those kept from `kept` on.
  PairSums OfPlanes(int64_t begin, int64_t end, int64_t kept, const std::vector<Real>& weights) const {
    const auto [nx, ny, nz] = region_.size;
    const int64_t wide = RoundedUp(size_[1], kLines), n1 = size_[1] / 2 + 1, n2 = size_[2] / 2 + 1;
    std::vector<Real> plane(static_cast<size_t>(ny * 2 * wide_));
    // After the transform along j: a row of frequencies for each field and k.
    std::vector<Real> turned_re(static_cast<size_t>(wide * wide_)), turned_im(turned_re.size());
    std::vector<Real> plane_weights(static_cast<size_t>(wide * n2));  // 0 beyond the last frequency
    Lines along_j(size_[1]);
    std::array<Lines, kFields> column{Lines(size_[2]), Lines(size_[2]), Lines(size_[2])};
    PairSums sums;
    for (int64_t f = begin; f < end; ++f) {
      const Real* row_of_j = planes_.get() + f * 2 * wide_;
      for (int64_t j = 0; j < ny; ++j) std::copy_n(row_of_j + j * kept_ * 2 * wide_, 2 * wide_, plane.data() + j * 2 * wide_);
      for (int64_t row = 0; row < rows_; row += kLines) {
        Gather(plane.data() + row, 2 * wide_, ny, along_j.re.data());
        Gather(plane.data() + wide_ + row, 2 * wide_, ny, along_j.im.data());
        plans_[1].Forward(along_j.re.data(), along_j.im.data(), kLines, ny);
        simd::Transpose(along_j.re.data(), kLines, size_[1], kLines, turned_re.data() + row * wide, wide);
        simd::Transpose(along_j.im.data(), kLines, size_[1], kLines, turned_im.data() + row * wide, wide);
      }
      for (int64_t h = 0; h < n2; ++h) {
        const Real* from = weights.data() + ((kept + f) * n2 + h) * n1;
        Real* to = plane_weights.data() + h * wide;
        std::copy_n(from, n1, to);
        std::reverse_copy(from + 1, from + 1 + size_[1] - n1, to + n1);
      }
      BlockSums of_lines;
      for (int64_t g = 0; g < wide; g += kLines) {
        for (int64_t field = 0; field < kFields; ++field) {
          Lines& lines = column[static_cast<size_t>(field)];
          Gather(turned_re.data() + field * nz * wide + g, wide, nz, lines.re.data());
          Gather(turned_im.data() + field * nz * wide + g, wide, nz, lines.im.data());
          plans_[2].Forward(lines.re.data(), lines.im.data(), kLines, nz);
        }
        AddProducts(plane_weights.data() + g, wide, size_[2], column[kIntensity].view(), column[kInside].view(), column[kSquare].view(),
                    of_lines);
      }
      // Frequencies in between stand for their mirror images too.
      const bool own_mirror = kept + f == 0 || 2 * (kept + f) == size_[0];
      const double times = own_mirror ? 1 : 2;
      for (int64_t b = 0; b < kLines; ++b) {
        sums.weight += times * of_lines.weight[b / (kLines / 2)][b % (kLines / 2)];
        sums.product += times * of_lines.product[b / (kLines / 2)][b % (kLines / 2)];
        sums.square += times * of_lines.square[b / (kLines / 2)][b % (kLines / 2)];
      }
    }
    return sums;
  }

  const Region& region_;
  const Standardised& x_;
  std::array<int64_t, 3> size_;
  int64_t half_;
  int64_t rows_, wide_;  // along i that share j; with room for whole blocks of lines
  std::vector<Fft<Real>> plans_;
  int64_t kept_ = 0;  // frequencies at once
  std::unique_ptr<Real[]> planes_;  // by j, then frequency, real and imaginary part, row
};

}  // namespace

Autocorrelation AutocorrelationOf(const Exec& exec, const Region& region) {
  const auto n = static_cast<double>(region.intensity_voxels);
  double sum = 0, least = std::numeric_limits<double>::infinity(), most = -least, square = 0;
  ForIntensities(region, [&](double value) {
    sum += value;
    least = std::min(least, value);
    most = std::max(most, value);
  });
  if (!(least < most)) return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  const double mean = sum / n;
  ForIntensities(region, [&](double value) { square += (value - mean) * (value - mean); });
  const Standardised x{mean, 1 / std::sqrt(square / n)};
  constexpr int64_t kFew = 1000;
  const PairSums sums = region.intensity_voxels <= kFew ? Direct(region, x) : Spectra(region, x).Sums(exec);
  return {sums.product / sums.weight, (n - 1) / n * (sums.square - sums.product) / sums.weight};
}

}  // namespace isovox::radiomics
