#include "imaging/resample.h"

#include <algorithm>
#include <cmath>

namespace isovox {
namespace {

constexpr int64_t kRowsAtOnce = 256;

// Where one output sample comes from: `taps` inputs from `first`, with their weights.
struct Source {
  std::array<int64_t, 4> at{0, 0, 0, 0};
  std::array<double, 4> weight{0, 0, 0, 0};
};

int64_t Mirrored(int64_t at, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  at = ((at % period) + period) % period;
  return at < size ? at : period - at;
}

std::vector<Source> SourcesOf(const AxisMap& map, int64_t begin, int64_t end, int64_t size, Interpolation method) {
  std::vector<Source> sources;
  for (int64_t o = begin; o < end; ++o) {
    const double x = std::clamp(map.start + map.step * static_cast<double>(o), 0.0, static_cast<double>(size - 1));
    Source source;
    const auto low = static_cast<int64_t>(std::floor(x));
    const double t = x - static_cast<double>(low);
    if (method == Interpolation::kNearest) {
      source.at.fill(std::min(static_cast<int64_t>(std::floor(x + 0.5)), size - 1));
      source.weight = {1, 0, 0, 0};
    } else if (method == Interpolation::kLinear) {
      source.at = {low, std::min(low + 1, size - 1), low, low};
      source.weight = {1 - t, t, 0, 0};
    } else {
      const double u = 1 - t;
      source.weight = {u * u * u / 6, 2.0 / 3 - t * t * (2 - t) / 2, 2.0 / 3 - u * u * (2 - u) / 2, t * t * t / 6};
      for (size_t k = 0; k < 4; ++k) source.at[k] = Mirrored(low - 1 + static_cast<int64_t>(k), size);
    }
    sources.push_back(source);
  }
  return sources;
}

// B-spline coefficients of `width` lines side by side, element t of line b at [t * width + b]: one causal and one
// anticausal recursion with the pole of the cubic spline.
void Prefilter(double* lines, int64_t length, int64_t width) {
  if (length == 1) return;
  const double z = std::sqrt(3.0) - 2;
  const auto horizon = std::min<int64_t>(length, 40);  // z^40 < 1e-22
  std::vector<double> sum(static_cast<size_t>(width));
  for (int64_t b = 0; b < width; ++b) {
    double power = 1, total = 0;
    if (horizon < length) {
      for (int64_t t = 0; t < horizon; ++t, power *= z) total += power * lines[t * width + b];
    } else {
      const double last = std::pow(z, static_cast<double>(2 * length - 2));
      for (int64_t t = 0; t < length; ++t, power *= z) {
        const double back = t == 0 || t == length - 1 ? 0 : last / power;
        total += (power + back) * lines[t * width + b];
      }
      total /= 1 - last;
    }
    sum[static_cast<size_t>(b)] = total;
  }
  std::copy(sum.begin(), sum.end(), lines);
  for (int64_t t = 1; t < length; ++t) {
    for (int64_t b = 0; b < width; ++b) lines[t * width + b] += z * lines[(t - 1) * width + b];
  }
  double* end = lines + (length - 1) * width;
  for (int64_t b = 0; b < width; ++b) end[b] = z / (z * z - 1) * (end[b] + z * end[b - width]);
  for (int64_t t = length - 2; t >= 0; --t) {
    for (int64_t b = 0; b < width; ++b) lines[t * width + b] = z * (lines[(t + 1) * width + b] - lines[t * width + b]);
  }
  for (int64_t t = 0; t < length * width; ++t) lines[t] *= 6;
}

std::vector<double> AlongAxis(const Exec& exec, const std::vector<double>& input, std::array<int64_t, 3>& size,
                              size_t axis, const AxisMap& map, int64_t begin, int64_t end, Interpolation method) {
  const int64_t in_length = size[axis], out_length = end - begin;
  const std::vector<Source> sources = SourcesOf(map, begin, end, in_length, method);
  const bool identity = map.start == 0 && map.step == 1;
  const size_t taps = method == Interpolation::kNearest ? 1 : method == Interpolation::kLinear ? 2 : 4;
  // Lines are `inner` apart; blocks of lines that lie side by side are worked on together.
  const int64_t inner = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
  const int64_t outer = size[0] * size[1] * size[2] / (inner * in_length);
  std::vector<double> out(static_cast<size_t>(inner * outer * out_length));
  const int64_t groups = axis == 0 ? 1 : outer;
  const int64_t lines_in_group = axis == 0 ? outer : inner;
  const int64_t in_line = axis == 0 ? in_length : 1, out_line = axis == 0 ? out_length : 1;
  const int64_t in_step = axis == 0 ? 1 : inner, out_step = in_step;
  const int64_t blocks = (lines_in_group + kRowsAtOnce - 1) / kRowsAtOnce;
  ParallelFor(exec, groups * blocks, 1, [&](int64_t job, int64_t) {
    const int64_t group = job / blocks, first = job % blocks * kRowsAtOnce;
    const int64_t width = std::min(kRowsAtOnce, lines_in_group - first);
    const double* from = input.data() + group * inner * in_length + first * in_line;
    double* to = out.data() + group * inner * out_length + first * out_line;
    std::vector<double> lines(static_cast<size_t>(in_length * width)), result(static_cast<size_t>(width));
    for (int64_t t = 0; t < in_length; ++t) {
      for (int64_t b = 0; b < width; ++b) lines[static_cast<size_t>(t * width + b)] = from[t * in_step + b * in_line];
    }
    if (method == Interpolation::kCubic && !identity) Prefilter(lines.data(), in_length, width);
    for (int64_t o = 0; o < out_length; ++o) {
      const Source& source = sources[static_cast<size_t>(o)];
      if (identity) {
        std::copy_n(lines.data() + (begin + o) * width, width, result.data());
      } else {
        std::fill(result.begin(), result.end(), 0);
        for (size_t k = 0; k < taps; ++k) {
          const double* line = lines.data() + source.at[k] * width;
          for (int64_t b = 0; b < width; ++b) result[static_cast<size_t>(b)] += source.weight[k] * line[b];
        }
      }
      for (int64_t b = 0; b < width; ++b) to[o * out_step + b * out_line] = result[static_cast<size_t>(b)];
    }
  });
  size[axis] = out_length;
  return out;
}

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

AxisMap AlignCorners(int64_t size, double from_mm, double to_mm) {
  if (to_mm <= 0 || to_mm == from_mm) return {0, 1, size};
  const double step = to_mm / from_mm;
  return {(step - 1) / 2, step, static_cast<int64_t>(std::ceil(static_cast<double>(size) / step - 1e-9))};
}

std::vector<double> ResampleBox(const Exec& exec, const std::vector<double>& input,
                                const std::array<int64_t, 3>& input_size, const std::array<AxisMap, 3>& axes,
                                const IndexBox& box, Interpolation method) {
  std::array<int64_t, 3> size = input_size;
  std::vector<double> values = input;
  for (size_t axis = 0; axis < 3; ++axis) {
    if (axes[axis].identity(size[axis]) && box.begin[axis] == 0 && box.end[axis] == size[axis]) continue;
    values = AlongAxis(exec, values, size, axis, axes[axis], box.begin[axis], box.end[axis], method);
  }
  return values;
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
      Prefilter(lines.data(), n, width);
      for (int64_t t = 0; t < n; ++t) {
        for (int64_t b = 0; b < width; ++b) base[t * step[axis] + b * step[u]] = lines[static_cast<size_t>(t * width + b)];
      }
    });
  }
  return out;
}

}  // namespace isovox
