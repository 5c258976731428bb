// Neighbourhood grey tone difference matrix (IBSI 1 chapter 3.10, IPET): how far voxels of a level are from the mean of
// their neighbours inside the mask. Voxels without such a neighbour do not count.
#include <array>
#include <cmath>
#include <cstdlib>

#include "radiomics/directions.h"
#include "radiomics/family.h"
#include "radiomics/pyradiomics.h"
#include "simd/codes.h"

namespace isovox::radiomics {
namespace {

struct Tones {
  double voxels = 0;                  // that have neighbours
  std::vector<double> level, p, s;    // of levels that occur among them
};

double Coarseness(const Tones& t) {
  double sum = 0;
  for (size_t i = 0; i < t.p.size(); ++i) sum += t.p[i] * t.s[i];
  return sum > 0 ? 1 / sum : 1e6;
}

double Contrast(const Tones& t) {
  const auto levels = static_cast<double>(t.p.size());
  if (levels < 2) return 0;
  double between = 0, within = 0;
  for (size_t i = 0; i < t.p.size(); ++i) {
    for (size_t j = 0; j < t.p.size(); ++j) {
      const double d = t.level[i] - t.level[j];
      between += t.p[i] * t.p[j] * d * d;
    }
    within += t.s[i];
  }
  return between / (levels * (levels - 1)) * within / t.voxels;
}

double Busyness(const Tones& t) {
  if (t.p.size() < 2) return 0;
  double above = 0, below = 0;
  for (size_t i = 0; i < t.p.size(); ++i) {
    above += t.p[i] * t.s[i];
    for (size_t j = 0; j < t.p.size(); ++j) below += std::abs(t.level[i] * t.p[i] - t.level[j] * t.p[j]);
  }
  return below > 0 ? above / below : 0;
}

double Complexity(const Tones& t) {
  double sum = 0;
  for (size_t i = 0; i < t.p.size(); ++i) {
    for (size_t j = 0; j < t.p.size(); ++j) {
      sum += std::abs(t.level[i] - t.level[j]) * (t.p[i] * t.s[i] + t.p[j] * t.s[j]) / (t.p[i] + t.p[j]);
    }
  }
  return sum / t.voxels;
}

double Strength(const Tones& t) {
  double above = 0, below = 0;
  for (size_t i = 0; i < t.p.size(); ++i) {
    for (size_t j = 0; j < t.p.size(); ++j) {
      const double d = t.level[i] - t.level[j];
      above += (t.p[i] + t.p[j]) * d * d;
    }
    below += t.s[i];
  }
  return below > 0 ? above / below : 0;
}

constexpr Formula<Tones> kFormulas[] = {
    {{"ngt_coarseness", "QCDE", "1", "Coarseness"}, Coarseness},
    {{"ngt_contrast", "65HE", "1", "Contrast"}, Contrast},
    {{"ngt_busyness", "NQ30", "1", "Busyness"}, Busyness},
    {{"ngt_complexity", "HDEZ", "1", "Complexity"}, Complexity},
    {{"ngt_strength", "1X9X", "1", "Strength"}, Strength},
};
constexpr size_t kCount = std::size(kFormulas);

// Per level and number of neighbours: voxels, and the sum of |neighbours * level - sum of neighbours|. Whole numbers,
// so that the order of adding does not matter.
class ToneCounts {
 public:
  ToneCounts(const Levels& levels, int64_t neighbours)
      : width_(neighbours + 1), count_(static_cast<size_t>(levels.codes() + 1) * width_), sum_(count_.size()) {}
  void Add(uint16_t code, int64_t neighbours, int64_t difference) {
    const auto at = static_cast<size_t>(code * width_ + neighbours);
    ++count_[at];
    sum_[at] += difference;
  }
  void Merge(const ToneCounts& other) {
    for (size_t c = 0; c < count_.size(); ++c) {
      count_[c] += other.count_[c];
      sum_[c] += other.sum_[c];
    }
  }
  // Voxels without neighbours are left out, or, as PyRadiomics has it, count as equal to theirs.
  Tones TonesOf(const Levels& levels, bool with_lonely) const {
    Tones tones;
    for (int64_t code = 1; code <= levels.codes(); ++code) {
      int64_t n = with_lonely ? count_[static_cast<size_t>(code * width_)] : 0;
      double s = 0;
      for (int64_t neighbours = 1; neighbours < width_; ++neighbours) {
        const auto at = static_cast<size_t>(code * width_ + neighbours);
        n += count_[at];
        s += static_cast<double>(sum_[at]) / static_cast<double>(neighbours);
      }
      if (n == 0) continue;
      tones.level.push_back(static_cast<double>(levels.level[static_cast<size_t>(code)]));
      tones.p.push_back(static_cast<double>(n));
      tones.s.push_back(s);
      tones.voxels += static_cast<double>(n);
    }
    for (double& p : tones.p) p /= tones.voxels;
    return tones;
  }

 private:
  int64_t width_;
  std::vector<int64_t> count_, sum_;
};

void CountTones(const Levels& levels, const LevelSteps& steps, size_t first, size_t last,
                const std::vector<int64_t>& later, ToneCounts& counts) {
  const auto longest = static_cast<size_t>(LongestSpan(levels));
  std::vector<uint16_t> present(longest);
  std::vector<uint32_t> sum(longest);
  for (size_t s = first; s < last; ++s) {
    const Span span = levels.spans[s];
    const uint16_t* level = steps.data() + span.first;
    simd::SumNeighbours({level, span.length}, later.data(), static_cast<int64_t>(later.size()), present.data(), sum.data());
    const uint16_t* code = levels.code.data() + span.first;
    for (int64_t x = 0; x < span.length; ++x) {
      const auto at = static_cast<size_t>(x);
      const int64_t neighbours = present[at];
      counts.Add(code[x], neighbours, std::llabs(neighbours * level[x] - static_cast<int64_t>(sum[at])));
    }
  }
}

struct Partial {
  ToneCounts merged;
  RowMean average;
};

template <bool kWithLonely>
void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Levels& levels = *subject.levels;
  const Settings& settings = *subject.settings;
  const LevelSteps steps(levels);
  if (settings.aggregations[k2dAverage] || settings.aggregations[k25dMerged]) {
    const auto later = DirectionsAt(levels, settings.neighbour_distances, true);
    const auto most = static_cast<int64_t>(2 * later.size());
    const Partial total = OrderedReduce<Partial>(
        exec, levels.size[2], 8, {ToneCounts(levels, most), RowMean(kCount)},
        [&](int64_t begin, int64_t end) {
          Partial part{ToneCounts(levels, most), RowMean(kCount)};
          for (int64_t k = begin; k < end; ++k) {
            ToneCounts slice(levels, most);
            CountTones(levels, steps, levels.slice_spans[static_cast<size_t>(k)], levels.slice_spans[static_cast<size_t>(k) + 1],
                       later, slice);
            const Tones tones = slice.TonesOf(levels, kWithLonely);
            if (tones.voxels == 0) continue;
            part.merged.Merge(slice);
            std::array<double, kCount> row;
            Evaluate(kFormulas, tones, row);
            part.average.Add(row);
          }
          return part;
        },
        [](Partial& into, Partial&& part) {
          into.merged.Merge(part.merged);
          into.average.AddAll(part.average);
        });
    total.average.Store(values.Row(0));
    const Tones tones = total.merged.TonesOf(levels, kWithLonely);
    if (tones.voxels > 0) Evaluate(kFormulas, tones, values.Row(1));
  }
  if (settings.aggregations[k3dMerged]) {
    const auto later = DirectionsAt(levels, settings.neighbour_distances, false);
    const auto most = static_cast<int64_t>(2 * later.size());
    const ToneCounts counts = OrderedReduce<ToneCounts>(
        exec, static_cast<int64_t>(levels.spans.size()), 4096, ToneCounts(levels, most),
        [&](int64_t begin, int64_t end) {
          ToneCounts part(levels, most);
          CountTones(levels, steps, static_cast<size_t>(begin), static_cast<size_t>(end), later, part);
          return part;
        },
        [](ToneCounts& into, ToneCounts&& part) { into.Merge(part); });
    const Tones tones = counts.TonesOf(levels, kWithLonely);
    if (tones.voxels > 0) Evaluate(kFormulas, tones, values.Row(2));
  }
}

}  // namespace

Family NgtdmFamily() {
  return {"ngtdm", "IPET", "Neighbourhood grey tone difference matrix", InfosOf(kFormulas), kPlainVariants, true, false,
          Compute<false>};
}

Family PyradiomicsNgtdmFamily() {
  Family family = NgtdmFamily();
  family.compute = Compute<true>;
  return family;
}

}  // namespace isovox::radiomics
