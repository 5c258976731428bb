// Filter banks of discrete wavelets: Haar, Daubechies, symlets, Coiflets, biorthogonal, discrete Meyer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "filters/kernels.h"

namespace isovox::filters {

// Decomposition filters, in the order in which a convolution takes them.
struct Wavelet {
  std::vector<double> low, high;
};

// haar, db1-db20, sym2-sym20, coif1-coif5, bior1.1-bior6.8, rbio1.1-rbio6.8, dmey.
std::optional<Wavelet> WaveletFromName(std::string_view name);
std::vector<std::string> WaveletNames();

// As IBSI 2 has them: filters of even length get a zero at their end, so that they have a middle (chapter 3.5).
Kernel CentredKernel(std::span<const double> taps);

}  // namespace isovox::filters
