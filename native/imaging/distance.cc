#include "imaging/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace isovox {
namespace {

constexpr float kFar = std::numeric_limits<float>::infinity();
// Lines side by side that are worked on together: neighbours in memory, so that columns are read a cache line at a time.
constexpr int64_t kLines = 16;
constexpr int64_t kRowsAtOnce = 64;

// Squared distance along the row to the nearest 0.
void AlongRow(const uint8_t* mask, float* out, int64_t length, double step) {
  int64_t last = -1;
  for (int64_t i = 0; i < length; ++i) {
    if (mask[i] == 0) last = i;
    out[i] = last < 0 ? kFar : static_cast<float>(i - last);
  }
  last = -1;
  const auto squared = static_cast<float>(step * step);
  for (int64_t i = length - 1; i >= 0; --i) {
    if (mask[i] == 0) last = i;
    if (last >= 0) out[i] = std::min(out[i], static_cast<float>(last - i));
    out[i] = out[i] * out[i] * squared;
  }
}

struct Envelope {
  explicit Envelope(int64_t length)
      : at(static_cast<size_t>(length)), begin(static_cast<size_t>(length)), height(static_cast<size_t>(length)) {}
  std::vector<int32_t> at;     // whose parabola
  std::vector<double> begin;   // from where on it is the lowest
  std::vector<double> height;  // its f + q^2, in squared steps
};

// line[x] = min over q of line[q] + (step * (x - q))^2, of neighbours in memory.
void LowerEnvelope(float* line, int64_t length, double step, Envelope& envelope) {
  const double scale = 1 / (step * step);
  int64_t count = 0;
  for (int64_t q = 0; q < length; ++q) {
    const float value = line[q];
    if (value == kFar) continue;
    const double at = static_cast<double>(q);
    const double height = static_cast<double>(value) * scale + at * at;
    double begin = -std::numeric_limits<double>::infinity();
    while (count > 0) {
      const auto top = static_cast<size_t>(count - 1);
      begin = (height - envelope.height[top]) / (2 * (at - envelope.at[top]));
      if (begin > envelope.begin[top]) break;
      --count;
      begin = -std::numeric_limits<double>::infinity();
    }
    const auto top = static_cast<size_t>(count++);
    envelope.at[top] = static_cast<int32_t>(q);
    envelope.begin[top] = begin;
    envelope.height[top] = height;
  }
  if (count == 0) return;
  const double squared = step * step;
  size_t k = 0;
  for (int64_t x = 0; x < length; ++x) {
    const auto at = static_cast<double>(x);
    while (static_cast<int64_t>(k) + 1 < count && envelope.begin[k + 1] < at) ++k;
    // height + x^2 - 2xq = f + (x - q)^2, in whole numbers when f is.
    line[x] = static_cast<float>((envelope.height[k] + at * (at - 2.0 * envelope.at[k])) * squared);
  }
}

// Nothing reaches across a voxel of distance 0, so the stretches between them are worked on one by one.
void AlongLine(float* line, int64_t length, double step, Envelope& envelope) {
  for (int64_t at = 0; at < length;) {
    if (line[at] == 0) {
      ++at;
      continue;
    }
    int64_t end = at;
    while (end < length && line[end] != 0) ++end;
    const int64_t first = std::max<int64_t>(0, at - 1);
    LowerEnvelope(line + first, std::min(length, end + 1) - first, step, envelope);
    at = end;
  }
}

void EnvelopeAlongAxis(const Exec& exec, std::span<float> values, const std::array<int64_t, 3>& size, size_t axis,
                       double step) {
  const int64_t length = size[axis];
  if (length == 1) return;
  const int64_t stride = axis == 1 ? size[0] : size[0] * size[1];
  const int64_t groups = axis == 1 ? size[2] : size[1];
  const int64_t between = axis == 1 ? size[0] * size[1] : size[0];
  const int64_t blocks = (size[0] + kLines - 1) / kLines;
  ParallelFor(exec, groups, 1, [&](int64_t group, int64_t) {
    Envelope envelope(length);
    std::vector<float> lines(static_cast<size_t>(length * kLines));
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t first = block * kLines, width = std::min(kLines, size[0] - first);
      float* at = values.data() + group * between + first;
      for (int64_t t = 0; t < length; ++t) {
        for (int64_t b = 0; b < width; ++b) lines[static_cast<size_t>(b * length + t)] = at[t * stride + b];
      }
      for (int64_t b = 0; b < width; ++b) AlongLine(lines.data() + b * length, length, step, envelope);
      for (int64_t t = 0; t < length; ++t) {
        for (int64_t b = 0; b < width; ++b) at[t * stride + b] = lines[static_cast<size_t>(b * length + t)];
      }
    }
  });
}

// out[x] = min(line[x], min over q < x of line[q] + ((x - q) / reach)^2): what grows one way along a line, in units where
// the margin is 1. Parabolas join the envelope as the walk comes to them, so that none reaches back.
void GrowOneWay(const double* line, double* out, int64_t length, bool forwards, double reach, Envelope& envelope) {
  if (!(reach > 0)) return;
  const double scale = 1 / (reach * reach);
  int64_t front = 0, count = 0;
  for (int64_t n = 0; n < length; ++n) {
    const int64_t x = forwards ? n : length - 1 - n;
    const auto at = static_cast<double>(n);
    while (front + 1 < count && envelope.begin[static_cast<size_t>(front + 1)] <= at) ++front;
    if (front < count) {
      const double d = at - envelope.at[static_cast<size_t>(front)];
      out[x] = std::min(out[x], envelope.height[static_cast<size_t>(front)] + scale * d * d);
    }
    const double value = line[x];
    if (!(value <= 1 + 1e-9)) continue;
    double begin = -std::numeric_limits<double>::infinity();
    while (count > front) {
      const auto top = static_cast<size_t>(count - 1);
      const double q = envelope.at[top];
      begin = (at + q) / 2 + (value - envelope.height[top]) / (2 * scale * (at - q));
      if (begin > envelope.begin[top]) break;
      --count;
      begin = -std::numeric_limits<double>::infinity();
    }
    const auto top = static_cast<size_t>(count++);
    envelope.at[top] = static_cast<int32_t>(n);
    envelope.begin[top] = begin;
    envelope.height[top] = value;
  }
}

}  // namespace

void DistanceToBackground(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                          const std::array<double, 3>& spacing_mm, std::span<float> values) {
  ParallelFor(exec, size[1] * size[2], kRowsAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      AlongRow(mask.data() + row * size[0], values.data() + row * size[0], size[0], spacing_mm[0]);
    }
  });
  EnvelopeAlongAxis(exec, values, size, 1, spacing_mm[1]);
  EnvelopeAlongAxis(exec, values, size, 2, spacing_mm[2]);
  ParallelFor(exec, static_cast<int64_t>(values.size()), int64_t{1} << 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) values[static_cast<size_t>(n)] = std::sqrt(values[static_cast<size_t>(n)]);
  });
}

std::vector<uint8_t> Grow(const Exec& exec, std::span<const uint8_t> mask, const std::array<int64_t, 3>& size,
                          const std::array<double, 3>& spacing_mm, const AxisMargins& margins) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  std::vector<double> values(mask.size());
  for (size_t n = 0; n < mask.size(); ++n) values[n] = mask[n] != 0 ? 0 : kNever;
  for (size_t axis = 0; axis < 3; ++axis) {
    if (!(margins.low[axis] > 0) && !(margins.high[axis] > 0)) continue;
    const int64_t length = size[axis];
    const int64_t stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
    const int64_t lines = static_cast<int64_t>(values.size()) / length;
    ParallelFor(exec, lines, kRowsAtOnce, [&](int64_t begin, int64_t end) {
      Envelope envelope(length);
      std::vector<double> line(static_cast<size_t>(length)), out(static_cast<size_t>(length));
      for (int64_t n = begin; n < end; ++n) {
        const int64_t start = n / stride * stride * length + n % stride;
        bool any = false;
        for (int64_t t = 0; t < length; ++t) {
          line[static_cast<size_t>(t)] = values[static_cast<size_t>(start + t * stride)];
          any = any || line[static_cast<size_t>(t)] <= 1 + 1e-9;
        }
        if (!any) continue;
        out = line;
        GrowOneWay(line.data(), out.data(), length, true, margins.high[axis] / spacing_mm[axis], envelope);
        GrowOneWay(line.data(), out.data(), length, false, margins.low[axis] / spacing_mm[axis], envelope);
        for (int64_t t = 0; t < length; ++t) values[static_cast<size_t>(start + t * stride)] = out[static_cast<size_t>(t)];
      }
    });
  }
  std::vector<uint8_t> out(mask.size());
  // What lies on the margin's surface belongs: the rounding of a few multiplications is forgiven.
  for (size_t n = 0; n < out.size(); ++n) out[n] = values[n] <= 1 + 1e-9 ? 1 : 0;
  return out;
}

}  // namespace isovox
