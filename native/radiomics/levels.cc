#include "radiomics/levels.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "radiomics/intensities.h"

namespace isovox::radiomics {
Discretised Discretise(const Region& region, const Discretisation& how) {
  const std::vector<double> values = IntensitiesOf(region);
  Discretised out;
  out.level.resize(values.size());
  if (values.empty()) return out;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  switch (how.method) {
    case Binning::kFixedSize: {
      out.width = how.width;
      out.first_edge = how.min ? *how.min : region.range_given[0] ? region.intensity_range[0] : *least;
      if (how.at_multiples) {
        const double over = std::fmod(*least, how.width);
        out.first_edge = *least - (over < 0 ? over + how.width : over);
      }
      for (size_t v = 0; v < values.size(); ++v) {
        out.level[v] = static_cast<int64_t>(std::floor((values[v] - out.first_edge) / how.width)) + 1;
      }
      break;
    }
    case Binning::kFixedCount: {
      out.first_edge = *least;
      out.width = (*most - *least) / static_cast<double>(how.bins);
      const double span = *most - *least;
      for (size_t v = 0; v < values.size(); ++v) {
        const double share = span > 0 ? static_cast<double>(how.bins) * (values[v] - *least) / span : 0;
        out.level[v] = std::min(static_cast<int64_t>(std::floor(share)) + 1, how.bins);
      }
      out.top = how.bins;
      break;
    }
    case Binning::kNone: {
      const int64_t shift = *least >= 1 ? 0 : 1 - static_cast<int64_t>(std::floor(*least));
      out.width = 1;
      out.whole = std::all_of(values.begin(), values.end(), [](double x) { return x == std::floor(x); });
      out.first_edge = 1 - static_cast<double>(shift);
      for (size_t v = 0; v < values.size(); ++v) out.level[v] = static_cast<int64_t>(std::floor(values[v])) + shift;
      break;
    }
  }
  // Below the first edge there is no bin: such voxels count as bin 1.
  for (int64_t& level : out.level) {
    out.below += level < 1;
    level = std::max<int64_t>(level, 1);
  }
  out.top = std::max(out.top, *std::max_element(out.level.begin(), out.level.end()));
  return out;
}

Levels LayOut(const Region& region, const Discretised& discretised, int64_t pad) {
  Levels out;
  out.size = region.size;
  out.pad = pad;
  out.stride = {1, region.size[0] + 2 * pad, (region.size[0] + 2 * pad) * (region.size[1] + 2 * pad)};
  out.origin = pad * (out.stride[0] + out.stride[1] + out.stride[2]);
  out.code.assign(static_cast<size_t>(out.stride[2] * (region.size[2] + 2 * pad)), 0);
  out.top = discretised.top;
  out.voxels = region.intensity_voxels;

  std::vector<int64_t> occurring = discretised.level;
  std::vector<uint16_t> code_of;
  const bool dense = out.top <= int64_t{1} << 20;
  if (dense) {
    std::vector<uint8_t> seen(static_cast<size_t>(out.top) + 1, 0);
    for (const int64_t level : discretised.level) seen[static_cast<size_t>(level)] = 1;
    occurring.clear();
    code_of.assign(seen.size(), 0);
    for (size_t level = 0; level < seen.size(); ++level) {
      if (seen[level] == 0) continue;
      occurring.push_back(static_cast<int64_t>(level));
      code_of[level] = static_cast<uint16_t>(occurring.size());
    }
  } else {
    std::sort(occurring.begin(), occurring.end());
    occurring.erase(std::unique(occurring.begin(), occurring.end()), occurring.end());
  }
  if (occurring.size() > 65535) {
    throw Error(ErrorCode::kResource, "Expected at most 65535 grey levels but received " + std::to_string(occurring.size()),
                {{"limit", "65535"}, {"requested", std::to_string(occurring.size())}});
  }
  out.level.assign(1, 0);
  out.level.insert(out.level.end(), occurring.begin(), occurring.end());

  size_t next = 0;
  for (int64_t k = 0; k < out.size[2]; ++k) {
    out.slice_spans.push_back(out.spans.size());
    for (int64_t j = 0; j < out.size[1]; ++j) {
      const uint8_t* in = region.intensity.data() + (k * out.size[1] + j) * out.size[0];
      const int64_t row = out.origin + j * out.stride[1] + k * out.stride[2];
      int64_t length = 0;
      for (int64_t i = 0; i <= out.size[0]; ++i) {
        if (i < out.size[0] && in[i] != 0) {
          const int64_t level = discretised.level[next++];
          out.code[static_cast<size_t>(row + i)] =
              dense ? code_of[static_cast<size_t>(level)]
                    : static_cast<uint16_t>(std::lower_bound(occurring.begin(), occurring.end(), level) -
                                            occurring.begin() + 1);
          ++length;
        } else if (length > 0) {
          out.spans.push_back({row + i - length, length});
          length = 0;
        }
      }
    }
  }
  out.slice_spans.push_back(out.spans.size());
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
