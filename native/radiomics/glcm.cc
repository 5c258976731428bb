// Grey level co-occurrence matrix (IBSI 1 chapter 3.6, LFYI): how often level i lies beside level j.
#include <array>

#include "radiomics/cooccurrence.h"
#include "radiomics/directions.h"
#include "radiomics/family.h"
#include "radiomics/maximal_correlation.h"
#include "radiomics/pyradiomics.h"

namespace isovox::radiomics {
namespace {

using S = CooccurrenceSums;

constexpr Formula<S> kFormulas[] = {
    {{"cm_joint_max", "GYBY", "1", "Joint maximum"}, [](const S& s) { return s.max; }},
    {{"cm_joint_avg", "60VM", "1", "Joint average"}, [](const S& s) { return s.mean; }},
    {{"cm_joint_var", "UR99", "1", "Joint variance"}, [](const S& s) { return s.variance; }},
    {{"cm_joint_entr", "TU9B", "bit", "Joint entropy"}, [](const S& s) { return s.entropy; }},
    {{"cm_diff_avg", "TF7R", "1", "Difference average"}, [](const S& s) { return s.diff_mean; }},
    {{"cm_diff_var", "D3YU", "1", "Difference variance"}, [](const S& s) { return s.diff_variance; }},
    {{"cm_diff_entr", "NTRS", "bit", "Difference entropy"}, [](const S& s) { return s.diff_entropy; }},
    {{"cm_sum_avg", "ZGXS", "1", "Sum average"}, [](const S& s) { return s.sum_mean; }},
    {{"cm_sum_var", "OEEB", "1", "Sum variance"}, [](const S& s) { return s.sum_moment2; }},
    {{"cm_sum_entr", "P6QZ", "bit", "Sum entropy"}, [](const S& s) { return s.sum_entropy; }},
    {{"cm_energy", "8ZQL", "1", "Angular second moment"}, [](const S& s) { return s.energy; }},
    {{"cm_contrast", "ACUI", "1", "Contrast"}, [](const S& s) { return s.diff_square; }},
    {{"cm_dissimilarity", "8S9J", "1", "Dissimilarity"}, [](const S& s) { return s.diff_mean; }},
    {{"cm_inv_diff", "IB1Z", "1", "Inverse difference"}, [](const S& s) { return s.inverse_difference; }},
    {{"cm_inv_diff_norm", "NDRX", "1", "Normalised inverse difference"},
     [](const S& s) { return s.inverse_difference_normalised; }},
    {{"cm_inv_diff_mom", "WF0Z", "1", "Inverse difference moment"},
     [](const S& s) { return s.inverse_difference_moment; }},
    {{"cm_inv_diff_mom_norm", "1QCO", "1", "Normalised inverse difference moment"},
     [](const S& s) { return s.inverse_difference_moment_normalised; }},
    {{"cm_inv_var", "E8JP", "1", "Inverse variance"}, [](const S& s) { return s.inverse_variance; }},
    {{"cm_corr", "NI2N", "1", "Correlation"}, [](const S& s) { return s.correlation; }},
    {{"cm_auto_corr", "QWB0", "1", "Autocorrelation"}, [](const S& s) { return s.autocorrelation; }},
    {{"cm_clust_tend", "DG8W", "1", "Cluster tendency"}, [](const S& s) { return s.sum_moment2; }},
    {{"cm_clust_shade", "7NFM", "1", "Cluster shade"}, [](const S& s) { return s.sum_moment3; }},
    {{"cm_clust_prom", "AE86", "1", "Cluster prominence"}, [](const S& s) { return s.sum_moment4; }},
    // HXY1 and HXY2 both equal the sum of the entropies of the margins.
    {{"cm_info_corr1", "R8DG", "1", "First measure of information correlation"},
     [](const S& s) { return s.larger_margin_entropy > 0 ? (s.entropy - s.margin_entropies) / s.larger_margin_entropy : 0; }},
    {{"cm_info_corr2", "JN9H", "1", "Second measure of information correlation"},
     [](const S& s) { return std::sqrt(1 - std::exp(-2 * std::max(0.0, s.margin_entropies - s.entropy))); }},
};
constexpr size_t kCount = std::size(kFormulas);

// PyRadiomics has one feature more.
constexpr FeatureInfo kMaximalCorrelation{"MCC", "", "1", "Maximal correlation coefficient"};

template <typename Pairs>
void AddRow(const Subject& subject, const Pairs& counts, RowMean& mean) {
  const Matrix<Pairs> matrix{counts, subject.settings->pairs_one_way};
  const CooccurrenceSums sums = SumsOf(matrix, *subject.levels);
  if (sums.pairs == 0) return;
  std::array<double, kCount + 1> row;
  Evaluate(kFormulas, sums, row);
  const size_t features = mean.features();
  if (features > kCount) row[kCount] = MaximalCorrelation(matrix);
  mean.Add(std::span(row).first(features));
}

// The row of all directions in one matrix.
void AddMerged(const Subject& subject, bool flat, std::vector<PairCounts>& counts, RowMean& mean) {
  const Settings& settings = *subject.settings;
  if (settings.weighting) {
    WeightedPairs sum(counts[0].width());
    const auto lengths = LengthsAt(settings.pair_distances, flat, subject.region->spacing, *settings.weighting);
    for (size_t d = 0; d < counts.size(); ++d) sum.Add(counts[d], std::exp(-lengths[d] * lengths[d]));
    AddRow(subject, sum, mean);
    return;
  }
  for (size_t d = 1; d < counts.size(); ++d) counts[0].Merge(counts[d]);
  AddRow(subject, counts[0], mean);
}

struct FlatPartial {
  FlatPartial(const Levels& levels, size_t directions, size_t features)
      : of_direction(directions, PairCounts(levels)), slice_average(features), slice_merged(features) {}
  std::vector<PairCounts> of_direction;
  RowMean slice_average, slice_merged;
};

// Gives the counts of the directions of all slices.
std::vector<PairCounts> ComputeFlat(const Subject& subject, const Exec& exec, size_t features, Values& values) {
  const Levels& levels = *subject.levels;
  const auto& wanted = subject.settings->aggregations;
  const auto directions = DirectionsAt(levels, subject.settings->pair_distances, true);
  FlatPartial total = OrderedReduce<FlatPartial>(
      exec, levels.size[2], 8, FlatPartial(levels, directions.size(), features),
      [&](int64_t begin, int64_t end) {
        FlatPartial part(levels, directions.size(), features);
        std::vector<PairCounts> slice(directions.size(), PairCounts(levels));
        for (int64_t k = begin; k < end; ++k) {
          const size_t first = levels.slice_spans[static_cast<size_t>(k)];
          const size_t last = levels.slice_spans[static_cast<size_t>(k) + 1];
          if (first == last) continue;
          if (!wanted[k2dAverage] && !wanted[k2dMerged]) {
            PairCounts::Count(levels, first, last, directions, part.of_direction);
            continue;
          }
          for (PairCounts& counts : slice) counts.Clear();
          PairCounts::Count(levels, first, last, directions, slice);
          for (size_t d = 0; d < directions.size(); ++d) {
            part.of_direction[d].Merge(slice[d]);
            if (wanted[k2dAverage]) AddRow(subject, slice[d], part.slice_average);
            if (d > 0) slice[0].Merge(slice[d]);
          }
          if (wanted[k2dMerged]) AddRow(subject, slice[0], part.slice_merged);
        }
        return part;
      },
      [](FlatPartial& into, FlatPartial&& part) {
        for (size_t d = 0; d < into.of_direction.size(); ++d) into.of_direction[d].Merge(part.of_direction[d]);
        into.slice_average.AddAll(part.slice_average);
        into.slice_merged.AddAll(part.slice_merged);
      });
  if (wanted[k2dAverage]) total.slice_average.Store(values.Row(k2dAverage));
  if (wanted[k2dMerged]) total.slice_merged.Store(values.Row(k2dMerged));
  std::vector<PairCounts> of_direction = total.of_direction;
  RowMean average(features), merged(features);
  for (const PairCounts& counts : of_direction) AddRow(subject, counts, average);
  AddMerged(subject, true, total.of_direction, merged);
  if (wanted[k25dAverage]) average.Store(values.Row(k25dAverage));
  if (wanted[k25dMerged]) merged.Store(values.Row(k25dMerged));
  return of_direction;
}

template <size_t kFeatures>
void Compute(const Subject& subject, const Exec& exec, Values& values) {
  const Levels& levels = *subject.levels;
  const auto& wanted = subject.settings->aggregations;
  std::vector<PairCounts> counts;
  if (wanted[k2dAverage] || wanted[k2dMerged] || wanted[k25dAverage] || wanted[k25dMerged]) {
    counts = ComputeFlat(subject, exec, kFeatures, values);
  }
  if (!wanted[k3dAverage] && !wanted[k3dMerged]) return;
  const auto directions = DirectionsAt(levels, subject.settings->pair_distances, false);
  // At one distance directions within slices come first, and their pairs are those of all slices.
  if (subject.settings->pair_distances.size() > 1) counts.clear();
  const size_t known = counts.size();
  counts.resize(directions.size(), PairCounts(levels));
  std::vector<RowMean> rows(directions.size(), RowMean(kFeatures));
  for (size_t d = 0; d < known && wanted[k3dAverage]; ++d) AddRow(subject, counts[d], rows[d]);
  ParallelFor(exec, static_cast<int64_t>(directions.size() - known), 3, [&](int64_t begin, int64_t end) {
    const size_t first = known + static_cast<size_t>(begin), n = static_cast<size_t>(end - begin);
    PairCounts::Count(levels, 0, levels.spans.size(), std::span(directions).subspan(first, n), std::span(counts).subspan(first, n));
    for (size_t d = first; d < first + n && wanted[k3dAverage]; ++d) AddRow(subject, counts[d], rows[d]);
  });
  if (wanted[k3dAverage]) {
    for (size_t d = 1; d < rows.size(); ++d) rows[0].AddAll(rows[d]);
    rows[0].Store(values.Row(k3dAverage));
  }
  if (wanted[k3dMerged]) {
    RowMean merged(kFeatures);
    AddMerged(subject, false, counts, merged);
    merged.Store(values.Row(k3dMerged));
  }
}

}  // namespace

Family GlcmFamily() {
  return {"glcm", "LFYI", "Grey level co-occurrence matrix", InfosOf(kFormulas), kDirectionalVariants, true, false,
          Compute<kCount>};
}

Family PyradiomicsGlcmFamily() {
  Family family = GlcmFamily();
  family.features.push_back(kMaximalCorrelation);
  family.compute = Compute<kCount + 1>;
  return family;
}

}  // namespace isovox::radiomics
