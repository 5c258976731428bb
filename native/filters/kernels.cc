#include "filters/kernels.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace isovox::filters {

Kernel Kernel::Flipped() const {
  Kernel out = *this;
  std::reverse(out.taps.begin(), out.taps.end());
  out.centre = static_cast<int64_t>(taps.size()) - 1 - centre;
  return out;
}

Kernel Kernel::Spread(int64_t factor) const {
  if (taps.empty()) return {};
  Kernel out{std::vector<double>((taps.size() - 1) * static_cast<size_t>(factor) + 1, 0.0), centre * factor};
  for (size_t t = 0; t < taps.size(); ++t) out.taps[t * static_cast<size_t>(factor)] = taps[t];
  return out;
}

Kernel MeanKernel(int64_t support) {
  return {std::vector<double>(static_cast<size_t>(support), 1.0 / static_cast<double>(support)), support / 2};
}

Kernel GaussianKernel(double sigma, double truncate) {
  const auto half = static_cast<int64_t>(std::floor(truncate * sigma + 0.5));
  Kernel out{{}, half};
  for (int64_t x = -half; x <= half; ++x) {
    const double u = static_cast<double>(x) / sigma;
    out.taps.push_back(std::exp(-u * u / 2) / (std::sqrt(2 * std::numbers::pi) * sigma));
  }
  return out;
}

Kernel GaussianCurvatureKernel(double sigma, double truncate) {
  Kernel out = GaussianKernel(sigma, truncate);
  for (size_t t = 0; t < out.taps.size(); ++t) {
    const double u = (static_cast<double>(t) - static_cast<double>(out.centre)) / sigma;
    out.taps[t] *= (u * u - 1) / (sigma * sigma);
  }
  return out;
}

std::optional<Kernel> LawsKernel(std::string_view name) {
  struct Named {
    const char* name;
    std::vector<double> taps;
  };
  static const Named kernels[] = {
      {"L3", {1, 2, 1}},        {"E3", {-1, 0, 1}},       {"S3", {-1, 2, -1}},      {"L5", {1, 4, 6, 4, 1}},
      {"E5", {-1, -2, 0, 2, 1}}, {"S5", {-1, 0, 2, 0, -1}}, {"W5", {-1, 2, 0, -2, 1}}, {"R5", {1, -4, 6, -4, 1}},
  };
  if (name.size() != 2) return std::nullopt;
  const char letter = name[0] >= 'a' ? static_cast<char>(name[0] - 'a' + 'A') : name[0];
  for (const Named& known : kernels) {
    if (known.name[0] != letter || known.name[1] != name[1]) continue;
    Kernel kernel{known.taps, static_cast<int64_t>(known.taps.size()) / 2};
    double energy = 0;
    for (const double tap : kernel.taps) energy += tap * tap;
    for (double& tap : kernel.taps) tap /= std::sqrt(energy);
    return kernel;
  }
  return std::nullopt;
}

}  // namespace isovox::filters
