// Neighbouring grey level dependence matrix (IBSI 1 chapter 3.11, REK0): voxels by the number of neighbours whose level
// differs by at most the coarseness, the voxel itself counted.
#include <array>

#include "radiomics/directions.h"
#include "radiomics/family.h"
#include "radiomics/size_matrix.h"
#include "simd/codes.h"

namespace isovox::radiomics {
namespace {

constexpr Formula<SizeSums> kFormulas[] = {
    {{"ngl_lde", "SODN", "1", "Low dependence emphasis"}, [](const SizeSums& s) { return s.inv_j2 / s.n; }},
    {{"ngl_hde", "IMOQ", "1", "High dependence emphasis"}, [](const SizeSums& s) { return s.j2 / s.n; }},
    {{"ngl_lgce", "TL9H", "1", "Low grey level count emphasis"}, [](const SizeSums& s) { return s.inv_i2 / s.n; }},
    {{"ngl_hgce", "OAE7", "1", "High grey level count emphasis"}, [](const SizeSums& s) { return s.i2 / s.n; }},
    {{"ngl_ldlge", "EQ3F", "1", "Low dependence low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_inv_j2 / s.n; }},
    {{"ngl_ldhge", "JA6D", "1", "Low dependence high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_inv_j2 / s.n; }},
    {{"ngl_hdlge", "JBZI", "1", "High dependence low grey level emphasis"},
     [](const SizeSums& s) { return s.inv_i2_j2 / s.n; }},
    {{"ngl_hdhge", "9QMG", "1", "High dependence high grey level emphasis"},
     [](const SizeSums& s) { return s.i2_j2 / s.n; }},
    {{"ngl_glnu", "FP8K", "1", "Grey level non-uniformity"}, [](const SizeSums& s) { return s.by_level2 / s.n; }},
    {{"ngl_glnu_norm", "5SPA", "1", "Normalised grey level non-uniformity"},
     [](const SizeSums& s) { return s.by_level2 / (s.n * s.n); }},
    {{"ngl_dcnu", "Z87G", "1", "Dependence count non-uniformity"}, [](const SizeSums& s) { return s.by_size2 / s.n; }},
    {{"ngl_dcnu_norm", "OKJI", "1", "Normalised dependence count non-uniformity"},
     [](const SizeSums& s) { return s.by_size2 / (s.n * s.n); }},
    {{"ngl_dc_perc", "6XV8", "1", "Dependence count percentage"}, [](const SizeSums& s) { return s.n / s.voxels; }},
    {{"ngl_gl_var", "1PFV", "1", "Grey level variance"}, [](const SizeSums& s) { return s.var_i; }},
    {{"ngl_dc_var", "DNX2", "1", "Dependence count variance"}, [](const SizeSums& s) { return s.var_j; }},
    {{"ngl_dc_entr", "FCBV", "bit", "Dependence count entropy"}, [](const SizeSums& s) { return s.entropy; }},
    {{"ngl_dc_energy", "CAS9", "1", "Dependence count energy"}, [](const SizeSums& s) { return s.energy; }},
};
constexpr size_t kCount = std::size(kFormulas);

// Adds the dependence of every voxel of spans [first, last).
void CountDependence(const Levels& levels, const LevelSteps& steps, size_t first, size_t last,
                     const std::vector<int64_t>& later, int coarseness, SizeCounter& counts) {
  std::vector<uint16_t> near(static_cast<size_t>(LongestSpan(levels)));
  for (size_t s = first; s < last; ++s) {
    const Span span = levels.spans[s];
    simd::CountNear({steps.data() + span.first, span.length}, later.data(), static_cast<int64_t>(later.size()),
                    static_cast<uint16_t>(coarseness), near.data());
    const uint16_t* code = levels.code.data() + span.first;
    for (int64_t x = 0; x < span.length; ++x) counts.Add(code[x], 1 + near[static_cast<size_t>(x)]);
  }
}

struct Partial {
  SizeCounter merged;
  RowMean average;
};

void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Levels& levels = *subject.levels;
  const Settings& settings = *subject.settings;
  const LevelSteps steps(levels);
  const auto neighbourhood = [&](const std::vector<int64_t>& later) { return static_cast<int64_t>(2 * later.size()) + 1; };
  const auto features = [&](const SizeCounter& counts, int64_t voxels, std::span<double> row) {
    Evaluate(kFormulas, SumsOf(counts.Entries(), static_cast<double>(voxels)), row);
  };
  if (settings.aggregations[k2dAverage] || settings.aggregations[k25dMerged]) {
    const auto later = DirectionsAt(levels, settings.neighbour_distances, true);
    const Partial total = OrderedReduce<Partial>(
        exec, levels.size[2], 8, {SizeCounter(levels, neighbourhood(later)), RowMean(kCount)},
        [&](int64_t begin, int64_t end) {
          Partial part{SizeCounter(levels, neighbourhood(later)), RowMean(kCount)};
          SizeCounter slice(levels, neighbourhood(later));
          for (int64_t k = begin; k < end; ++k) {
            const size_t first = levels.slice_spans[static_cast<size_t>(k)];
            const size_t last = levels.slice_spans[static_cast<size_t>(k) + 1];
            if (first == last) continue;
            int64_t voxels = 0;
            for (size_t s = first; s < last; ++s) voxels += levels.spans[s].length;
            slice.Clear();
            CountDependence(levels, steps, first, last, later, settings.coarseness, slice);
            part.merged.Merge(slice);
            std::array<double, kCount> row;
            features(slice, voxels, row);
            part.average.Add(row);
          }
          return part;
        },
        [](Partial& into, Partial&& part) {
          into.merged.Merge(part.merged);
          into.average.AddAll(part.average);
        });
    total.average.Store(values.Row(0));
    features(total.merged, levels.voxels, values.Row(1));
  }
  if (settings.aggregations[k3dMerged]) {
    const auto later = DirectionsAt(levels, settings.neighbour_distances, false);
    const SizeCounter counts = OrderedReduce<SizeCounter>(
        exec, static_cast<int64_t>(levels.spans.size()), 4096, SizeCounter(levels, neighbourhood(later)),
        [&](int64_t begin, int64_t end) {
          SizeCounter part(levels, neighbourhood(later));
          CountDependence(levels, steps, static_cast<size_t>(begin), static_cast<size_t>(end), later, settings.coarseness, part);
          return part;
        },
        [](SizeCounter& into, SizeCounter&& part) { into.Merge(part); });
    features(counts, levels.voxels, values.Row(2));
  }
}

}  // namespace

Family NgldmFamily() {
  return {"ngldm", "REK0", "Neighbouring grey level dependence matrix", InfosOf(kFormulas), kPlainVariants, true, false,
          Compute};
}

}  // namespace isovox::radiomics
