// What a feature is and what a family offers: the vocabulary of registry.cc.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "radiomics/intensities.h"
#include "radiomics/levels.h"
#include "radiomics/region.h"
#include "radiomics/settings.h"
#include "radiomics/zones.h"

namespace isovox::radiomics {

// One feature: IBSI reference tag, IBSI id, unit and name. In units `I` stands for the image's own unit.
struct FeatureInfo {
  const char* tag;
  const char* id;
  const char* unit;
  const char* name;
};

// A feature and the formula that turns the family's sums into its value.
template <typename Sums>
struct Formula {
  FeatureInfo info;
  double (*value)(const Sums&);
};

// What families compute from. `levels` is null when the image has no usable grey levels.
struct Subject {
  const Region* region;
  const Intensities* intensities;
  const Discretised* discretised;
  const Levels* levels;
  const Zones* zones_2d;
  const Zones* zones_3d;
  const Settings* settings;
};

// Rows of values, one row per aggregation of the family, NaN until set.
class Values {
 public:
  Values(size_t aggregations, size_t features)
      : features_(features), values_(aggregations * features, std::numeric_limits<double>::quiet_NaN()) {}
  std::span<double> Row(size_t aggregation) {
    return std::span(values_).subspan(aggregation * features_, features_);
  }
  double At(size_t aggregation, size_t feature) const { return values_[aggregation * features_ + feature]; }

 private:
  size_t features_;
  std::vector<double> values_;
};

// Which aggregations a family knows, in the order of Values' rows, and the suffix each gives to a tag.
struct Variant {
  Aggregation aggregation;
  const char* suffix;
};

struct Family {
  const char* name;
  const char* id;       // IBSI id of the family
  const char* title;
  std::vector<FeatureInfo> features;
  std::span<const Variant> variants;  // empty: one row, no suffix
  bool needs_levels;
  bool needs_zones;
  void (*compute)(const Subject& subject, const Exec& exec, Values& values);
};

template <typename Sums, size_t N>
std::vector<FeatureInfo> InfosOf(const Formula<Sums> (&formulas)[N]) {
  std::vector<FeatureInfo> infos;
  for (const auto& formula : formulas) infos.push_back(formula.info);
  return infos;
}

template <typename Sums, size_t N>
void Evaluate(const Formula<Sums> (&formulas)[N], const Sums& sums, std::span<double> row) {
  for (size_t f = 0; f < N; ++f) row[f] = formulas[f].value(sums);
}

// Averages rows of values; rows that are not numbers do not count.
class RowMean {
 public:
  explicit RowMean(size_t features) : sum_(features, 0), count_(features, 0) {}
  void Add(std::span<const double> row);
  void AddAll(const RowMean& other);
  void Store(std::span<double> row) const;
  size_t features() const { return sum_.size(); }

 private:
  std::vector<double> sum_;
  std::vector<int64_t> count_;
};

extern const std::span<const Variant> kDirectionalVariants;  // _2D_avg, _2D_comb, _2_5D_avg, ... _3D_comb
extern const std::span<const Variant> kPlainVariants;        // _2D, _2_5D, _3D

Family MorphologyFamily();
Family LocalIntensityFamily();
Family StatisticsFamily();
Family HistogramFamily();
Family IvhFamily();
Family GlcmFamily();
Family GlrlmFamily();
Family GlszmFamily();
Family GldzmFamily();
Family NgtdmFamily();
Family NgldmFamily();

}  // namespace isovox::radiomics
