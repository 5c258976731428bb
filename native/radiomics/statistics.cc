// Intensity-based statistics (IBSI 1 chapter 3.3, UHIW).
#include <cmath>

#include "radiomics/family.h"
#include "radiomics/moments.h"

namespace isovox::radiomics {
namespace {

using M = Moments;

constexpr Formula<M> kFormulas[] = {
    {{"stat_mean", "Q4LE", "I", "Mean intensity"}, [](const M& m) { return m.mean; }},
    {{"stat_var", "ECT3", "I^2", "Intensity variance"}, [](const M& m) { return m.variance; }},
    {{"stat_skew", "KE2A", "1", "Intensity skewness"}, [](const M& m) { return m.skewness; }},
    {{"stat_kurt", "IPH6", "1", "Excess intensity kurtosis"}, [](const M& m) { return m.kurtosis; }},
    {{"stat_median", "Y12H", "I", "Median intensity"}, [](const M& m) { return m.median; }},
    {{"stat_min", "1GSF", "I", "Minimum intensity"}, [](const M& m) { return m.min; }},
    {{"stat_p10", "QG58", "I", "10th intensity percentile"}, [](const M& m) { return m.p10; }},
    {{"stat_p90", "8DWT", "I", "90th intensity percentile"}, [](const M& m) { return m.p90; }},
    {{"stat_max", "84IY", "I", "Maximum intensity"}, [](const M& m) { return m.max; }},
    {{"stat_iqr", "SALO", "I", "Intensity interquartile range"}, [](const M& m) { return m.p75 - m.p25; }},
    {{"stat_range", "2OJQ", "I", "Intensity range"}, [](const M& m) { return m.max - m.min; }},
    {{"stat_mad", "4FUA", "I", "Mean absolute deviation"}, [](const M& m) { return m.mean_deviation; }},
    {{"stat_rmad", "1128", "I", "Robust mean absolute deviation"}, [](const M& m) { return m.robust_mean_deviation; }},
    {{"stat_medad", "N72L", "I", "Median absolute deviation"}, [](const M& m) { return m.median_deviation; }},
    {{"stat_cov", "7TET", "1", "Coefficient of variation"}, [](const M& m) { return std::sqrt(m.variance) / m.mean; }},
    {{"stat_qcod", "9S40", "1", "Quartile coefficient of dispersion"},
     [](const M& m) { return (m.p75 - m.p25) / (m.p75 + m.p25); }},
    {{"stat_energy", "N8CA", "I^2", "Intensity energy"}, [](const M& m) { return m.sum_square; }},
    {{"stat_rms", "5ZWQ", "I", "Root mean square intensity"}, [](const M& m) { return std::sqrt(m.sum_square / m.n); }},
};

void Compute(const Subject& subject, const Exec&, Values& values) {
  Evaluate(kFormulas, MomentsOf(*subject.intensities), values.Row(0));
}

}  // namespace

Family StatisticsFamily() {
  return {"statistics", "UHIW", "Intensity-based statistics", InfosOf(kFormulas), {}, false, false, Compute};
}

}  // namespace isovox::radiomics
