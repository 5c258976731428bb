// Resampling against what interpolation promises: samples where samples were, and straight lines.
#include "imaging/resample_rows.h"

#include <doctest/doctest.h>

#include <cmath>
#include <type_traits>
#include <vector>

namespace isovox {
namespace {

// No size is a whole number of vectors.
constexpr std::array<int64_t, 3> kSize{37, 21, 19};

template <typename T, typename Value>
std::vector<T> Run(const std::array<AxisMap, 3>& axes, const IndexBox& box, Interpolation method, Value value) {
  std::vector<T> out(static_cast<size_t>((box.end[0] - box.begin[0]) * (box.end[1] - box.begin[1]) * (box.end[2] - box.begin[2])), T{-1});
  ResampleRows<T>(
      Exec{}, kSize, axes, box, method,
      [&](int64_t j, int64_t k, T* row) {
        for (int64_t i = 0; i < kSize[0]; ++i) row[i] = static_cast<T>(value(static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)));
      },
      [&](int64_t first, int64_t n, const T* values) { std::copy_n(values, n, out.data() + first); });
  return out;
}

// The largest distance of the results from `value` at the places of the axes.
template <typename T, typename Value>
double Apart(const std::array<AxisMap, 3>& axes, const IndexBox& box, const std::vector<T>& results, Value value) {
  double apart = 0;
  auto next = results.begin();
  for (int64_t k = box.begin[2]; k < box.end[2]; ++k) {
    for (int64_t j = box.begin[1]; j < box.end[1]; ++j) {
      for (int64_t i = box.begin[0]; i < box.end[0]; ++i, ++next) {
        const auto at = [&](size_t axis, int64_t o) { return axes[axis].start + axes[axis].step * static_cast<double>(o); };
        apart = std::max(apart, std::abs(static_cast<double>(*next) - value(at(0, i), at(1, j), at(2, k))));
      }
    }
  }
  return apart;
}

double Wave(double i, double j, double k) { return 100 * std::sin(i) + 30 * std::cos(2 * j) - 20 * std::sin(3 * k + 1); }
double Slope(double i, double j, double k) { return 3 * i - 2 * j + 0.5 * k + 7; }

}  // namespace

TEST_CASE_TEMPLATE("resample: a lattice moved by whole samples gives the samples", T, float, double) {
  const double tolerance = std::is_same_v<T, float> ? 1e-4 : 1e-10;
  const std::array<AxisMap, 3> axes{AxisMap{2, 1, 30}, AxisMap{0, 1, 21}, AxisMap{1, 1, 17}};
  const IndexBox box{{3, 2, 1}, {30, 20, 17}};
  for (const Interpolation method : {Interpolation::kNearest, Interpolation::kLinear, Interpolation::kCubic}) {
    CHECK(Apart(axes, box, Run<T>(axes, box, method, Wave), Wave) < tolerance);
  }
}

TEST_CASE_TEMPLATE("resample: straight lines stay straight", T, float, double) {
  const double tolerance = std::is_same_v<T, float> ? 1e-4 : 1e-6;  // the mirrored ends bend a spline, by 0.27 less each sample
  const std::array<AxisMap, 3> axes{AxisMap{0.25, 1.5, 24}, AxisMap{0.1, 0.7, 29}, AxisMap{0, 0.5, 37}};
  const IndexBox linear{{0, 0, 0}, {24, 29, 37}};
  CHECK(Apart(axes, linear, Run<T>(axes, linear, Interpolation::kLinear, Slope), Slope) < tolerance);
  const std::array<AxisMap, 3> far{AxisMap{12, 0.5, 20}, AxisMap{0, 1, 21}, AxisMap{0, 1, 19}};
  const IndexBox inner{{4, 0, 0}, {18, 21, 19}};
  CHECK(Apart(far, inner, Run<T>(far, inner, Interpolation::kCubic, Slope), Slope) < tolerance);
}

}  // namespace isovox
