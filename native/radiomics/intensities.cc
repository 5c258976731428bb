#include "radiomics/intensities.h"

#include <cmath>
#include <cstdint>
#include <numeric>

#include "simd/binning.h"

namespace isovox::radiomics {

std::vector<double> IntensitiesOf(const Exec& exec, const Region& region) {
  const int64_t slice = region.size[0] * region.size[1];
  std::vector<int64_t> first(static_cast<size_t>(region.size[2]) + 1, 0);
  ParallelFor(exec, region.size[2], 8, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const uint8_t* in = region.intensity.data() + k * slice;
      first[static_cast<size_t>(k) + 1] = std::accumulate(in, in + slice, int64_t{0});
    }
  });
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<double> values(static_cast<size_t>(first.back()));
  ParallelFor(exec, region.size[2], 8, [&](int64_t begin, int64_t end) {
    double* out = values.data() + first[static_cast<size_t>(begin)];
    for (int64_t k = begin; k < end; ++k) {
      for (int64_t j = 0; j < region.size[1]; ++j) {
        const double* row = region.Row(j, k);
        const uint8_t* in = region.intensity.data() + k * slice + j * region.size[0];
        int64_t i = 0, stop = region.size[0];
        while (i < stop && in[i] == 0) ++i;
        while (i < stop && in[stop - 1] == 0) --stop;
        for (; i < stop; ++i) {
          if (in[i] != 0) *out++ = row[i];
        }
      }
    }
  });
  return values;
}

std::vector<Counted> CountsOf(std::span<const double> values) {
  constexpr double kMostCounts = 1 << 16;
  if (values.empty()) return {};
  const auto [least, most] = simd::EndsOf(values.data(), static_cast<int64_t>(values.size()));
  if (!(most - least < kMostCounts) || least != std::floor(least) || std::abs(least) > 1e15) return {};
  if (!simd::AllWhole(values.data(), static_cast<int64_t>(values.size()))) return {};
  std::vector<uint32_t> counts(static_cast<size_t>(most - least) + 1, 0);
  for (const double x : values) ++counts[static_cast<uint32_t>(x - least)];
  std::vector<Counted> out;
  for (size_t v = 0; v < counts.size(); ++v) {
    if (counts[v] > 0) out.push_back({least + static_cast<double>(v), static_cast<double>(counts[v])});
  }
  return out;
}

}  // namespace isovox::radiomics
