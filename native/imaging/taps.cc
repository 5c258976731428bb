#include "imaging/taps.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

int64_t Mirrored(int64_t at, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  at = ((at % period) + period) % period;
  return at < size ? at : period - at;
}

}  // namespace

int64_t TapCount(Interpolation method) {
  return method == Interpolation::kNearest ? 1 : method == Interpolation::kLinear ? 2 : 4;
}

simd::Taps<double> TapsAt(double x, int64_t size, Interpolation method, bool mirrored) {
  if (!mirrored || method != Interpolation::kCubic) x = std::clamp(x, 0.0, static_cast<double>(size - 1));
  simd::Taps<double> taps;
  const auto low = static_cast<int64_t>(std::floor(x));
  const double t = x - static_cast<double>(low), u = 1 - t;
  if (method == Interpolation::kNearest) {
    taps.at.fill(std::min(static_cast<int64_t>(std::floor(x + 0.5)), size - 1));
    taps.weight = {1, 0, 0, 0};
  } else if (method == Interpolation::kLinear) {
    taps.at = {low, std::min(low + 1, size - 1), low, low};
    taps.weight = {u, t, 0, 0};
  } else {
    taps.weight = {u * u * u / 6, 2.0 / 3 - t * t * (2 - t) / 2, 2.0 / 3 - u * u * (2 - u) / 2, t * t * t / 6};
    for (size_t k = 0; k < 4; ++k) taps.at[k] = Mirrored(low - 1 + static_cast<int64_t>(k), size);
  }
  return taps;
}

}  // namespace isovox
