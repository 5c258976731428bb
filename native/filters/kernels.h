// One-dimensional kernels.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace isovox::filters {

// Convolution: out[x] = sum over t of taps[t] * in[x + centre - t]. No taps: the axis is left as it is.
struct Kernel {
  std::vector<double> taps;
  int64_t centre = 0;

  bool identity() const { return taps.empty(); }
  // The kernel as seen from the other end of its axis.
  Kernel Flipped() const;
  // Zeros between the taps, so that the kernel is `factor` times as far apart: the "a trous" step of a wavelet.
  Kernel Spread(int64_t factor) const;
  friend bool operator==(const Kernel&, const Kernel&) = default;
};

// REQUIRES: support is odd.
Kernel MeanKernel(int64_t support);

// exp(-x^2 / 2 sigma^2) / (sqrt(2 pi) sigma) in voxels, cut at `truncate` sigma (IBSI 2 chapter 3.2).
Kernel GaussianKernel(double sigma, double truncate);
// Its second derivative, cut alike.
Kernel GaussianCurvatureKernel(double sigma, double truncate);

// L3, E3, S3, L5, E5, S5, W5 or R5, with unit energy (IBSI 2 chapter 3.3); upper or lower case.
std::optional<Kernel> LawsKernel(std::string_view name);

}  // namespace isovox::filters
