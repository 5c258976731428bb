#include "filters/intensity_maps.h"

#include <algorithm>
#include <cmath>

namespace isovox::filters {
namespace {

double LargestAbsolute(const Field<double>& in) {
  double most = 0;
  for (int64_t v = 0; v < in.voxels(); ++v) most = std::max(most, std::abs(in.data()[v]));
  return most;
}

template <typename F>
Field<double> Map(const Exec& exec, const Field<double>& in, F&& f) {
  Field<double> out(in.size, in.spacing);
  ParallelFor(exec, in.voxels(), 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t v = begin; v < end; ++v) out.data()[v] = f(in.data()[v]);
  });
  return out;
}

}  // namespace

Field<double> SquareMap(const Exec& exec, const Field<double>& in) {
  const double c = 1 / std::sqrt(LargestAbsolute(in));
  return Map(exec, in, [c](double x) { return c * x * (c * x); });
}

Field<double> SquareRootMap(const Exec& exec, const Field<double>& in) {
  const double c = LargestAbsolute(in);
  return Map(exec, in, [c](double x) { return x > 0 ? std::sqrt(x * c) : x < 0 ? -std::sqrt(-x * c) : x; });
}

Field<double> LogarithmMap(const Exec& exec, const Field<double>& in) {
  const double most = LargestAbsolute(in), scale = most / std::log(most + 1);
  return Map(exec, in, [scale](double x) { return (x > 0 ? std::log(x + 1) : x < 0 ? -std::log(-(x - 1)) : x) * scale; });
}

Field<double> ExponentialMap(const Exec& exec, const Field<double>& in) {
  const double most = LargestAbsolute(in), c = std::log(most) / most;
  return Map(exec, in, [c](double x) { return std::exp(c * x); });
}

Field<double> GradientMagnitude(const Exec& exec, const Field<double>& in, bool per_mm) {
  Field<double> out(in.size, in.spacing);
  ParallelFor(exec, in.size[1] * in.size[2], 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = 0; i < in.size[0]; ++i) {
        const std::array<int64_t, 3> at{i, row % in.size[1], row / in.size[1]};
        const int64_t v = row * in.size[0] + i;
        double sum = 0;
        for (size_t d = 0; d < 3; ++d) {
          const double high = in.data()[at[d] + 1 < in.size[d] ? v + in.step(d) : v];
          const double low = in.data()[at[d] > 0 ? v - in.step(d) : v];
          const double slope = (high - low) * 0.5 / (per_mm ? in.spacing[d] : 1);
          sum += slope * slope;
        }
        out.data()[v] = static_cast<float>(std::sqrt(sum));
      }
    }
  });
  return out;
}

}  // namespace isovox::filters
