#include "radiomics/levels.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "simd/binning.h"

namespace isovox::radiomics {
namespace {

constexpr int64_t kAtOnce = int64_t{1} << 16;

simd::Ends EndsOf(const Exec& exec, std::span<const double> values) {
  return OrderedReduce<simd::Ends>(
      exec, static_cast<int64_t>(values.size()), kAtOnce, {values[0], values[0]},
      [&](int64_t begin, int64_t end) { return simd::EndsOf(values.data() + begin, end - begin); },
      [](simd::Ends& into, simd::Ends&& part) {
        into = {std::min(into.least, part.least), std::max(into.most, part.most)};
      });
}

}  // namespace

Discretised Discretise(const Exec& exec, const Region& region, std::span<const double> values, const Discretisation& how) {
  Discretised out;
  out.level.resize(values.size());
  if (values.empty()) return out;
  const auto n = static_cast<int64_t>(values.size());
  const auto [least, most] = EndsOf(exec, values);
  const double span = most - least;
  switch (how.method) {
    case Binning::kFixedSize: {
      out.width = how.width;
      out.first_edge = how.min ? *how.min : region.range_given[0] ? region.intensity_range[0] : least;
      if (how.at_multiples) {
        const double over = std::fmod(least, how.width);
        out.first_edge = least - (over < 0 ? over + how.width : over);
      }
      break;
    }
    case Binning::kFixedCount: {
      out.first_edge = least;
      out.width = span / static_cast<double>(how.bins);
      out.top = how.bins;
      break;
    }
    case Binning::kNone: {
      const double shift = least >= 1 ? 0 : 1 - std::floor(least);
      out.width = 1;
      out.whole = simd::AllWhole(values.data(), n);
      out.first_edge = 1 - shift;
      break;
    }
  }
  // Below the first edge there is no bin: such voxels count as bin 1.
  out.below = OrderedReduce<int64_t>(
      exec, n, kAtOnce, 0,
      [&](int64_t begin, int64_t end) -> int64_t {
        const double* from = values.data() + begin;
        int32_t* to = out.level.data() + begin;
        int64_t below = 0;
        if (how.method != Binning::kFixedCount) {
          below = simd::BinsOfWidth(from, end - begin, out.first_edge, out.width, to);
          // Edges as numpy.arange puts them, its step rounded by where it starts.
          const double step = (out.first_edge + out.width) - out.first_edge;
          if (how.at_multiples) simd::SettleBins(from, end - begin, out.first_edge, step, 0, to);
        } else if (span > 0) {
          simd::BinsOfCount(from, end - begin, least, span, static_cast<int32_t>(how.bins), to);
          if (how.at_multiples) simd::SettleBins(from, end - begin, least, out.width, static_cast<int32_t>(how.bins), to);
        } else {
          // NumPy's histogram puts half a unit on either side of an only value, which PyRadiomics' levels follow.
          std::fill(to, to + (end - begin), how.at_multiples ? static_cast<int32_t>(how.bins / 2 + 1) : 1);
        }
        return below;
      },
      [](int64_t& into, int64_t&& part) { into += part; });
  out.top = std::max<int64_t>(out.top, *std::max_element(out.level.begin(), out.level.end()));
  return out;
}

std::vector<Counted> CountsOf(const std::vector<int32_t>& levels) {
  constexpr int32_t kMostCounted = 1 << 20;
  std::vector<Counted> out;
  if (levels.empty()) return out;
  const int32_t top = *std::max_element(levels.begin(), levels.end());
  if (top <= kMostCounted) {
    std::vector<uint32_t> counts(static_cast<size_t>(top) + 1, 0);
    for (const int32_t level : levels) ++counts[static_cast<size_t>(level)];
    for (size_t level = 0; level < counts.size(); ++level) {
      if (counts[level] > 0) out.push_back({static_cast<double>(level), static_cast<double>(counts[level])});
    }
    return out;
  }
  std::vector<int32_t> sorted = levels;
  std::sort(sorted.begin(), sorted.end());
  for (const int32_t level : sorted) {
    if (out.empty() || out.back().value != level) out.push_back({static_cast<double>(level), 0});
    out.back().times += 1;
  }
  return out;
}

Levels LayOut(const Exec& exec, const Region& region, const Discretised& discretised, int64_t pad) {
  Levels out;
  out.size = region.size;
  out.pad = pad;
  out.stride = {1, region.size[0] + 2 * pad, (region.size[0] + 2 * pad) * (region.size[1] + 2 * pad)};
  out.origin = pad * (out.stride[0] + out.stride[1] + out.stride[2]);
  out.code.assign(static_cast<size_t>(out.stride[2] * (region.size[2] + 2 * pad)), 0);
  out.top = discretised.top;
  out.voxels = region.intensity_voxels;

  const std::vector<Counted> occurring = CountsOf(discretised.level);
  if (occurring.size() > 65535) {
    throw Error(ErrorCode::kResource, "Expected at most 65535 grey levels but received " + std::to_string(occurring.size()),
                {{"limit", "65535"}, {"requested", std::to_string(occurring.size())}});
  }
  out.level.assign(1, 0);
  for (const Counted& each : occurring) out.level.push_back(static_cast<int64_t>(each.value));
  std::vector<uint16_t> code_of;  // of levels up to a million
  const bool dense = out.level.back() <= int64_t{1} << 20;
  if (dense) {
    code_of.assign(static_cast<size_t>(out.level.back()) + 1, 0);
    for (size_t c = 1; c < out.level.size(); ++c) code_of[static_cast<size_t>(out.level[c])] = static_cast<uint16_t>(c);
  }
  const auto code = [&](int32_t level) {
    if (dense) return code_of[static_cast<size_t>(level)];
    return static_cast<uint16_t>(std::lower_bound(out.level.begin(), out.level.end(), level) - out.level.begin());
  };

  std::vector<int64_t> first(static_cast<size_t>(out.size[2]) + 1, 0);  // of the levels of each slice
  for (int64_t k = 0; k < out.size[2]; ++k) {
    out.slice_spans.push_back(out.spans.size());
    int64_t voxels = 0;
    for (int64_t j = 0; j < out.size[1]; ++j) {
      const uint8_t* in = region.intensity.data() + (k * out.size[1] + j) * out.size[0];
      const uint8_t* end = in + out.size[0];
      const int64_t row = out.origin + j * out.stride[1] + k * out.stride[2];
      for (const uint8_t* from = std::find(in, end, 1); from != end;) {
        const uint8_t* to = std::find(from, end, 0);
        out.spans.push_back({row + (from - in), to - from});
        voxels += to - from;
        from = std::find(to, end, 1);
      }
    }
    first[static_cast<size_t>(k) + 1] = first[static_cast<size_t>(k)] + voxels;
  }
  out.slice_spans.push_back(out.spans.size());
  ParallelFor(exec, out.size[2], 8, [&](int64_t begin, int64_t end) {
    const int32_t* level = discretised.level.data() + first[static_cast<size_t>(begin)];
    for (size_t s = out.slice_spans[static_cast<size_t>(begin)]; s < out.slice_spans[static_cast<size_t>(end)]; ++s) {
      uint16_t* to = out.code.data() + out.spans[s].first;
      for (int64_t x = 0; x < out.spans[s].length; ++x) to[x] = code(*level++);
    }
  });
  return out;
}

LevelSteps::LevelSteps(const Levels& levels) : levels_(&levels) {
  if (levels.codes() == 0 || levels.level.back() - levels.level[1] == levels.codes() - 1) return;
  own_.resize(levels.code.size());
  std::transform(levels.code.begin(), levels.code.end(), own_.begin(),
                 [&](uint16_t code) { return static_cast<uint16_t>(levels.level[code]); });
}

int64_t LongestSpan(const Levels& levels) {
  int64_t longest = 0;
  for (const Span& span : levels.spans) longest = std::max(longest, span.length);
  return longest;
}

}  // namespace isovox::radiomics
