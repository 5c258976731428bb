#include "imaging/resample.h"

#include <algorithm>
#include <cmath>

#include "imaging/resample_rows.h"
#include "simd/spline.h"

namespace isovox {
namespace {

constexpr int64_t kRowsAtOnce = 256;

}  // namespace

std::optional<Interpolation> InterpolationFromName(std::string_view name) {
  if (name == "nearest") return Interpolation::kNearest;
  if (name == "linear") return Interpolation::kLinear;
  if (name == "cubic") return Interpolation::kCubic;
  return std::nullopt;
}

AxisMap AlignCentres(int64_t size, double from_mm, double to_mm) {
  if (to_mm <= 0 || to_mm == from_mm) return {0, 1, size};
  const double step = to_mm / from_mm;
  const auto samples = static_cast<int64_t>(std::ceil(static_cast<double>(size) / step - 1e-9));
  return {(static_cast<double>(size - 1) - step * static_cast<double>(samples - 1)) / 2, step, samples};
}

std::vector<double> ResampleBox(const Exec& exec, const std::vector<double>& input,
                                const std::array<int64_t, 3>& input_size, const std::array<AxisMap, 3>& axes,
                                const IndexBox& box, Interpolation method) {
  std::vector<double> out(static_cast<size_t>((box.end[0] - box.begin[0]) * (box.end[1] - box.begin[1]) * (box.end[2] - box.begin[2])));
  ResampleRows<double>(
      exec, input_size, axes, box, method,
      [&](int64_t j, int64_t k, double* row) { std::copy_n(input.data() + (k * input_size[1] + j) * input_size[0], input_size[0], row); },
      [&](int64_t first, int64_t n, const double* values) { std::copy_n(values, n, out.data() + first); });
  return out;
}

std::vector<double> SplineCoefficients(const Exec& exec, const double* values, const std::array<int64_t, 3>& size) {
  std::vector<double> out(values, values + size[0] * size[1] * size[2]);
  const std::array<int64_t, 3> step{1, size[0], size[0] * size[1]};
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
    const int64_t n = size[axis], blocks = (size[u] + kRowsAtOnce - 1) / kRowsAtOnce;
    ParallelFor(exec, blocks * size[v], 1, [&](int64_t job, int64_t) {
      const int64_t first = job % blocks * kRowsAtOnce, width = std::min(kRowsAtOnce, size[u] - first);
      double* base = out.data() + job / blocks * step[v] + first * step[u];
      std::vector<double> lines(static_cast<size_t>(n * width));
      for (int64_t t = 0; t < n; ++t) {
        for (int64_t b = 0; b < width; ++b) lines[static_cast<size_t>(t * width + b)] = base[t * step[axis] + b * step[u]];
      }
      if (n > 1) simd::SplineCoefficients(lines.data(), n, width, width);
      for (int64_t t = 0; t < n; ++t) {
        for (int64_t b = 0; b < width; ++b) base[t * step[axis] + b * step[u]] = lines[static_cast<size_t>(t * width + b)];
      }
    });
  }
  return out;
}

}  // namespace isovox
