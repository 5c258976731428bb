// Grey level run length matrix (IBSI 1 chapter 3.7, TP0I): runs of one level along a line.
#include <array>
#include <bit>
#include <cstring>

#include "radiomics/directions.h"
#include "radiomics/family.h"
#include "radiomics/pyradiomics.h"
#include "radiomics/size_matrix.h"
#include "simd/codes.h"

namespace isovox::radiomics {
namespace {

constexpr Formula<SizeSums> kFormulas[] = {
    {{"rlm_sre", "22OV", "1", "Short runs emphasis"}, [](const SizeSums& s) { return s.inv_j2 / s.n; }},
    {{"rlm_lre", "W4KF", "1", "Long runs emphasis"}, [](const SizeSums& s) { return s.j2 / s.n; }},
    {{"rlm_lgre", "V3SW", "1", "Low grey level run emphasis"}, [](const SizeSums& s) { return s.inv_i2 / s.n; }},
    {{"rlm_hgre", "G3QZ", "1", "High grey level run emphasis"}, [](const SizeSums& s) { return s.i2 / s.n; }},
    {{"rlm_srlge", "HTZT", "1", "Short run low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_inv_j2 / s.n; }},
    {{"rlm_srhge", "GD3A", "1", "Short run high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_inv_j2 / s.n; }},
    {{"rlm_lrlge", "IVPO", "1", "Long run low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_j2 / s.n; }},
    {{"rlm_lrhge", "3KUM", "1", "Long run high grey level emphasis"}, [](const SizeSums& s) { return s.i2_j2 / s.n; }},
    {{"rlm_glnu", "R5YN", "1", "Grey level non-uniformity"}, [](const SizeSums& s) { return s.by_level2 / s.n; }},
    {{"rlm_glnu_norm", "OVBL", "1", "Normalised grey level non-uniformity"},
     [](const SizeSums& s) { return s.by_level2 / (s.n * s.n); }},
    {{"rlm_rlnu", "W92Y", "1", "Run length non-uniformity"}, [](const SizeSums& s) { return s.by_size2 / s.n; }},
    {{"rlm_rlnu_norm", "IC23", "1", "Normalised run length non-uniformity"},
     [](const SizeSums& s) { return s.by_size2 / (s.n * s.n); }},
    {{"rlm_r_perc", "9ZK5", "1", "Run percentage"}, [](const SizeSums& s) { return s.n / s.voxels; }},
    {{"rlm_gl_var", "8CE5", "1", "Grey level variance"}, [](const SizeSums& s) { return s.var_i; }},
    {{"rlm_rl_var", "SXLW", "1", "Run length variance"}, [](const SizeSums& s) { return s.var_j; }},
    {{"rlm_rl_entr", "HJ9O", "bit", "Run entropy"}, [](const SizeSums& s) { return s.entropy; }},
};
constexpr size_t kCount = std::size(kFormulas);

// Counts the runs of spans [first, last) along one offset at a time.
class RunCounter {
 public:
  RunCounter(const Levels& levels, size_t first, size_t last)
      : levels_(levels), first_(first), last_(last), longest_(LongestSpan(levels)), voxels_(levels.level.size(), 0) {
    for (size_t s = first; s < last; ++s) {
      const uint16_t* code = levels.code.data() + levels.spans[s].first;
      for (int64_t x = 0; x < levels.spans[s].length; ++x) ++voxels_[code[x]];
    }
  }

  // Only runs of two and more are followed; the voxels that are left are runs of one.
  void Count(int64_t offset, SizeCounter& counts) const {
    std::vector<int64_t> alone = voxels_;
    // Eight more, so that the flags can be looked at eight at a time.
    std::vector<uint8_t> same(static_cast<size_t>(longest_) + 8, 0);
    for (size_t s = first_; s < last_; ++s) {
      const Span span = levels_.spans[s];
      const uint16_t* code = levels_.code.data() + span.first;
      simd::SameAs({code, span.length}, -offset, same.data());
      std::memset(same.data() + span.length, 0, 8);
      for (int64_t x = 0; x < span.length; x += 8) {
        uint64_t flags;
        std::memcpy(&flags, same.data() + x, 8);
        for (; flags != 0; flags &= flags - 1) {
          const int64_t v = x + std::countr_zero(flags) / 8;
          const uint16_t here = code[v];
          if (code[v - 2 * offset] == here) continue;  // inside a run that was met before
          int64_t length = 2;
          for (int64_t next = v + offset; code[next] == here; next += offset) ++length;
          counts.Add(here, length);
          alone[here] -= length;
        }
      }
    }
    for (size_t c = 1; c < alone.size(); ++c) counts.AddMany(static_cast<uint16_t>(c), 1, alone[c]);
  }

 private:
  const Levels& levels_;
  size_t first_, last_;
  int64_t longest_;
  std::vector<int64_t> voxels_;  // by code
};

void AddRow(const std::vector<SizeEntry>& entries, double voxels, RowMean& mean) {
  if (entries.empty()) return;
  std::array<double, kCount> row;
  Evaluate(kFormulas, SumsOf(entries, voxels), row);
  mean.Add(row);
}

void AddRow(const SizeCounter& counts, int64_t voxels, RowMean& mean) {
  AddRow(counts.Entries(), static_cast<double>(voxels), mean);
}

// Whether a line along the step has two voxels of the structure, beside each other or not.
bool HasPairs(const Levels& levels, const VoxelStep& step) {
  const int64_t offset = step[0] + step[1] * levels.stride[1] + step[2] * levels.stride[2];
  for (const Span& span : levels.spans) {
    for (int64_t v = span.first; v < span.first + span.length; ++v) {
      if (levels.code[static_cast<size_t>(v + offset)] != 0) return true;
    }
  }
  // Rarely: no voxel has its neighbour along the step.
  const auto inside = [&](int64_t at, size_t d) { return at >= 0 && at < levels.size[d]; };
  for (const Span& span : levels.spans) {
    for (int64_t v = span.first; v < span.first + span.length; ++v) {
      const int64_t from = v - levels.origin;
      const int64_t k = from / levels.stride[2], j = from % levels.stride[2] / levels.stride[1], i = from % levels.stride[1];
      for (int64_t m = 2; inside(i + m * step[0], 0) && inside(j + m * step[1], 1) && inside(k + m * step[2], 2); ++m) {
        if (levels.code[static_cast<size_t>(v + m * offset)] != 0) return true;
      }
    }
  }
  return false;
}

// Clears the directions of lines that have one voxel each, as PyRadiomics does, and gives those that are left.
std::vector<bool> DropWithoutPairs(const Levels& levels, bool flat, std::vector<SizeCounter>& counts) {
  std::vector<bool> kept;
  for (const VoxelStep& step : StepsAt(1, flat)) {
    kept.push_back(HasPairs(levels, step));
    if (!kept.back()) counts[kept.size() - 1].Clear();
  }
  return kept;
}

// The row of all directions in one matrix.
void AddMerged(const Subject& subject, bool flat, const std::vector<bool>& kept, std::vector<SizeCounter>& counts, RowMean& mean) {
  const auto norm = subject.settings->weighting;
  std::vector<double> weights(counts.size(), 1);
  if (norm) weights = LengthsAt({1}, flat, subject.region->spacing, *norm);
  double voxels = 0;
  for (size_t d = 0; d < counts.size(); ++d) voxels += kept[d] ? weights[d] * static_cast<double>(subject.levels->voxels) : 0;
  if (norm) {
    AddRow(WeightedEntries(counts, weights), voxels, mean);
    return;
  }
  for (size_t d = 1; d < counts.size(); ++d) counts[0].Merge(counts[d]);
  AddRow(counts[0].Entries(), voxels, mean);
}

struct FlatPartial {
  FlatPartial(const Levels& levels, int64_t longest)
      : of_direction(4, SizeCounter(levels, longest)), slice_average(kCount), slice_merged(kCount) {}
  std::vector<SizeCounter> of_direction;
  RowMean slice_average, slice_merged;
};

// Gives the counts of the four directions of all slices.
std::vector<SizeCounter> ComputeFlat(const Subject& subject, const Exec& exec, int64_t longest, bool only_pairs, Values& values) {
  const Levels& levels = *subject.levels;
  const auto& wanted = subject.settings->aggregations;
  const auto directions = Directions2d(levels, 1);
  FlatPartial total = OrderedReduce<FlatPartial>(
      exec, levels.size[2], 8, FlatPartial(levels, longest),
      [&](int64_t begin, int64_t end) {
        FlatPartial part(levels, longest);
        std::vector<SizeCounter> slice(4, SizeCounter(levels, longest));
        for (int64_t k = begin; k < end; ++k) {
          const size_t first = levels.slice_spans[static_cast<size_t>(k)], last = levels.slice_spans[static_cast<size_t>(k) + 1];
          int64_t voxels = 0;
          for (size_t s = first; s < last; ++s) voxels += levels.spans[s].length;
          if (voxels == 0) continue;
          RunCounter runs(levels, first, last);
          for (size_t d = 0; d < 4; ++d) {
            slice[d].Clear();
            runs.Count(directions[d], slice[d]);
            part.of_direction[d].Merge(slice[d]);
            if (wanted[k2dAverage]) AddRow(slice[d], voxels, part.slice_average);
          }
          for (size_t d = 1; d < 4; ++d) slice[0].Merge(slice[d]);
          if (wanted[k2dMerged]) AddRow(slice[0], 4 * voxels, part.slice_merged);
        }
        return part;
      },
      [](FlatPartial& into, FlatPartial&& part) {
        for (size_t d = 0; d < 4; ++d) into.of_direction[d].Merge(part.of_direction[d]);
        into.slice_average.AddAll(part.slice_average);
        into.slice_merged.AddAll(part.slice_merged);
      });
  if (wanted[k2dAverage]) total.slice_average.Store(values.Row(k2dAverage));
  if (wanted[k2dMerged]) total.slice_merged.Store(values.Row(k2dMerged));
  std::vector<SizeCounter> counts = total.of_direction;
  RowMean average(kCount), merged(kCount);
  std::vector<bool> kept(4, true);
  if (only_pairs) kept = DropWithoutPairs(levels, true, total.of_direction);
  for (size_t d = 0; d < 4; ++d) AddRow(total.of_direction[d], levels.voxels, average);
  AddMerged(subject, true, kept, total.of_direction, merged);
  if (wanted[k25dAverage]) average.Store(values.Row(k25dAverage));
  if (wanted[k25dMerged]) merged.Store(values.Row(k25dMerged));
  return counts;
}

template <bool kOnlyPairs>
void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Levels& levels = *subject.levels;
  const auto& wanted = subject.settings->aggregations;
  const int64_t longest = std::max({levels.size[0], levels.size[1], levels.size[2]});
  // Directions within slices come first, and their runs are those of all slices.
  std::vector<SizeCounter> counts;
  if (wanted[k2dAverage] || wanted[k2dMerged] || wanted[k25dAverage] || wanted[k25dMerged]) {
    counts = ComputeFlat(subject, exec, longest, kOnlyPairs, values);
  }
  if (!wanted[k3dAverage] && !wanted[k3dMerged]) return;
  const auto directions = Directions3d(levels, 1);
  const size_t known = counts.size();
  counts.resize(directions.size(), SizeCounter(levels, longest));
  const RunCounter runs(levels, 0, levels.spans.size());
  ParallelFor(exec, static_cast<int64_t>(directions.size() - known), 1, [&](int64_t begin, int64_t) {
    const size_t d = known + static_cast<size_t>(begin);
    runs.Count(directions[d], counts[d]);
  });
  std::vector<bool> kept(counts.size(), true);
  if (kOnlyPairs) kept = DropWithoutPairs(levels, false, counts);
  RowMean average(kCount), merged(kCount);
  for (const SizeCounter& of_direction : counts) AddRow(of_direction, levels.voxels, average);
  AddMerged(subject, false, kept, counts, merged);
  if (wanted[k3dAverage]) average.Store(values.Row(k3dAverage));
  if (wanted[k3dMerged]) merged.Store(values.Row(k3dMerged));
}

}  // namespace

Family GlrlmFamily() {
  return {"glrlm", "TP0I", "Grey level run length matrix", InfosOf(kFormulas), kDirectionalVariants, true, false,
          Compute<false>};
}

Family PyradiomicsGlrlmFamily() {
  Family family = GlrlmFamily();
  family.compute = Compute<true>;
  return family;
}

}  // namespace isovox::radiomics
