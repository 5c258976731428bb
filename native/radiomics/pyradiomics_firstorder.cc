// PyRadiomics' firstorder class: kurtosis is not excess kurtosis, energy and root mean square take a shift.
#include <cmath>

#include "radiomics/intensities.h"
#include "radiomics/moments.h"
#include "radiomics/pyradiomics.h"

namespace isovox::radiomics {
namespace {

struct Sums {
  Moments m;
  double energy = 0, voxel_mm3 = 0, entropy = 0, uniformity = 0;
};

Sums SumsOf(const Subject& subject) {
  Sums s;
  s.m = MomentsOf(*subject.intensities);
  const double shift = subject.settings->intensity_shift;
  if (subject.intensities->distinct.empty()) {
    for (const double x : subject.intensities->values) s.energy += (x + shift) * (x + shift);
  } else {
    for (const auto& [x, times] : subject.intensities->distinct) s.energy += times * ((x + shift) * (x + shift));
  }
  s.voxel_mm3 = subject.region->voxel_mm3();
  for (const auto& [level, times] : CountsOf(subject.discretised->level)) {
    const double p = times / s.m.n;
    s.uniformity += p * p;
    s.entropy -= p * std::log2(p);
  }
  return s;
}

using S = Sums;

constexpr Formula<S> kFormulas[] = {
    {{"Energy", "N8CA", "I^2", "Sum of squares"}, [](const S& s) { return s.energy; }},
    {{"TotalEnergy", "", "I^2 mm^3", "Energy times the volume of a voxel"}, [](const S& s) { return s.energy * s.voxel_mm3; }},
    {{"Entropy", "TLU2", "bit", "Entropy of the bins"}, [](const S& s) { return s.entropy; }},
    {{"Minimum", "1GSF", "I", "Minimum"}, [](const S& s) { return s.m.min; }},
    {{"10Percentile", "QG58", "I", "10th percentile"}, [](const S& s) { return s.m.p10; }},
    {{"90Percentile", "8DWT", "I", "90th percentile"}, [](const S& s) { return s.m.p90; }},
    {{"Maximum", "84IY", "I", "Maximum"}, [](const S& s) { return s.m.max; }},
    {{"Mean", "Q4LE", "I", "Mean"}, [](const S& s) { return s.m.mean; }},
    {{"Median", "Y12H", "I", "Median"}, [](const S& s) { return s.m.median; }},
    {{"InterquartileRange", "SALO", "I", "Interquartile range"}, [](const S& s) { return s.m.p75 - s.m.p25; }},
    {{"Range", "2OJQ", "I", "Range"}, [](const S& s) { return s.m.max - s.m.min; }},
    {{"MeanAbsoluteDeviation", "4FUA", "I", "Mean absolute deviation"}, [](const S& s) { return s.m.mean_deviation; }},
    {{"RobustMeanAbsoluteDeviation", "1128", "I", "Robust mean absolute deviation"},
     [](const S& s) { return s.m.robust_mean_deviation; }},
    {{"RootMeanSquared", "5ZWQ", "I", "Root mean square"}, [](const S& s) { return std::sqrt(s.energy / s.m.n); }},
    {{"Skewness", "KE2A", "1", "Skewness"}, [](const S& s) { return s.m.skewness; }},
    {{"Kurtosis", "IPH6", "1", "Kurtosis, 3 for a normal distribution"},
     [](const S& s) { return s.m.variance > 0 ? s.m.kurtosis + 3 : 0; }},
    {{"Variance", "ECT3", "I^2", "Variance"}, [](const S& s) { return s.m.variance; }},
    {{"Uniformity", "BJ5W", "1", "Sum of squared shares of the bins"}, [](const S& s) { return s.uniformity; }},
};

void Compute(const Subject& subject, const Exec&, Values& values) {
  Evaluate(kFormulas, SumsOf(subject), values.Row(0));
}

}  // namespace

Family PyradiomicsFirstOrderFamily() {
  return {"firstorder", "UHIW", "First order", InfosOf(kFormulas), {}, true, false, Compute};
}

}  // namespace isovox::radiomics
