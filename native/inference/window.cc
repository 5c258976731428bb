#include "inference/window.h"

#include <algorithm>
#include <cmath>

namespace isovox {

std::vector<int64_t> TileStarts(int64_t size, int64_t tile, double step) {
  const double target = static_cast<double>(tile) * step;
  const int64_t room = size - tile;
  // 1 - 0.9 is a little less than 0.1: a tile more for that would be no better.
  const auto count = static_cast<int64_t>(std::ceil(static_cast<double>(room) / target - 1e-9)) + 1;
  const double actual = count > 1 ? static_cast<double>(room) / static_cast<double>(count - 1) : 0;
  std::vector<int64_t> starts;
  for (int64_t n = 0; n < count; ++n) {
    // To the nearest whole voxel, halves to the even one, as NumPy rounds.
    starts.push_back(static_cast<int64_t>(std::nearbyint(actual * static_cast<double>(n))));
  }
  return starts;
}

std::vector<double> TileWeights(int64_t tile, bool gaussian) {
  std::vector<double> weights(static_cast<size_t>(tile), 1.0);
  if (!gaussian) return weights;
  const double deviation = static_cast<double>(tile) / 8;
  for (int64_t n = 0; n < tile; ++n) {
    const double x = static_cast<double>(n - tile / 2) / deviation;
    weights[static_cast<size_t>(n)] = std::exp(-0.5 * x * x);
  }
  return weights;
}

std::vector<double> SumOfWeights(int64_t size, const std::vector<int64_t>& starts, const std::vector<double>& weights) {
  std::vector<double> sum(static_cast<size_t>(size));
  for (const int64_t start : starts) {
    for (size_t n = 0; n < weights.size(); ++n) sum[static_cast<size_t>(start) + n] += weights[n];
  }
  return sum;
}

}  // namespace isovox
