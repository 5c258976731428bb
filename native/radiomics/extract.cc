#include "radiomics/extract.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "base/error.h"
#include "radiomics/local_intensity.h"
#include "radiomics/prepare.h"

namespace isovox::radiomics {
namespace {

// Grey levels and zones, as far as the families ask for them.
struct Matrices {
  Discretised discretised;
  Levels levels;
  Zones zones_2d, zones_3d;
  std::string missing;  // why there are no levels
};

Matrices MatricesOf(const Exec& exec, const Region& region, const Intensities& intensities, const Settings& settings,
                    Findings& findings) {
  Matrices m;
  m.discretised = Discretise(exec, region, intensities.values, settings.discretise);
  if (settings.discretise.method == Binning::kNone && !m.discretised.whole) {
    m.missing = "radiomics.not_discretised";
    findings.push_back({m.missing, Severity::kWarn, "Intensities are not whole numbers: texture needs a discretisation"});
    return m;
  }
  if (m.discretised.top > settings.max_levels) {
    m.missing = "radiomics.too_many_levels";
    findings.push_back({m.missing, Severity::kWarn,
                        "Expected at most " + std::to_string(settings.max_levels) + " grey levels but the discretisation gives " +
                            std::to_string(m.discretised.top)});
    return m;
  }
  if (m.discretised.below > 0) {
    findings.push_back({"radiomics.below_first_bin", Severity::kWarn,
                        std::to_string(m.discretised.below) + " voxels lie below the first bin and were counted in it"});
  }
  m.levels = LayOut(exec, region, m.discretised, FarthestOf(settings));
  return m;
}

bool Is(const Family* family, std::string_view name) { return name == family->name; }
bool LooksAround(const Family* family) { return Is(family, "local_intensity"); }
// Whether it reads the region and no list of its intensities.
bool OfRegion(const Family* family) { return LooksAround(family) || Is(family, "morphology"); }

// How many features these families give.
size_t CountOf(std::span<const Family* const> families, const Settings& settings) {
  size_t count = 0;
  for (const Family* family : families) {
    const auto asked = std::count_if(family->variants.begin(), family->variants.end(),
                                     [&](const Variant& v) { return settings.aggregations[v.aggregation]; });
    count += family->features.size() * static_cast<size_t>(family->variants.empty() ? 1 : asked);
  }
  return count;
}

}  // namespace

int FarthestOf(const Settings& settings) {
  int farthest = 1;
  for (const int distance : settings.pair_distances) farthest = std::max(farthest, distance);
  for (const int distance : settings.neighbour_distances) farthest = std::max(farthest, distance);
  return farthest;
}

std::vector<const Family*> WantedFamilies(const Settings& settings, std::span<const Family> table) {
  std::vector<const Family*> wanted;
  for (const Family& family : table) {
    const bool named = std::find(settings.families.begin(), settings.families.end(), family.name) != settings.families.end();
    if (settings.families.empty() || named) wanted.push_back(&family);
  }
  for (const std::string& name : settings.families) {
    const auto known = std::any_of(table.begin(), table.end(), [&](const Family& f) { return name == f.name; });
    if (!known) throw InvalidArgument("families", "names of families", name);
  }
  return wanted;
}

void CheckSettings(const Settings& s) {
  const auto check = [](const Discretisation& d, const char* name) {
    if (d.method == Binning::kFixedSize && !(d.width > 0)) {
      throw InvalidArgument(std::string(name) + ".width", "a positive number", std::to_string(d.width));
    }
    if (d.method == Binning::kFixedCount && (d.bins < 1 || d.bins > 65535)) {
      throw InvalidArgument(std::string(name) + ".bins", "1 to 65535", std::to_string(d.bins));
    }
  };
  check(s.discretise, "discretise");
  check(s.ivh, "ivh");
  for (const auto& distances : {s.pair_distances, s.neighbour_distances}) {
    if (distances.empty()) throw InvalidArgument("distances", "at least one", "none");
    for (const int distance : distances) {
      if (distance < 1 || distance > 16) throw InvalidArgument("distance", "1 to 16", std::to_string(distance));
    }
  }
  if (s.range && !((*s.range)[0] <= (*s.range)[1])) {
    throw InvalidArgument("resegment.range", "two numbers in ascending order",
                          std::to_string((*s.range)[0]) + ", " + std::to_string((*s.range)[1]));
  }
}

std::string UnitOf(const char* unit, const std::string& of_image) {
  const std::string text = unit;
  if (text.empty() || text[0] != 'I') return text;
  return (of_image.empty() ? "intensity" : of_image) + text.substr(1);
}

Extraction Extract(const Exec& exec, const Volume& image, const Volume& mask, std::optional<int64_t> label,
                   const Settings& settings, std::span<const Family> table) {
  CheckSettings(settings);
  const std::vector<const Family*> wanted = WantedFamilies(settings, table);
  Extraction out;
  const auto local = std::find_if(wanted.begin(), wanted.end(), LooksAround);
  const bool peaks = local != wanted.end();
  Region region = Prepare(exec, image, mask, label, settings, {peaks ? kPeakRadiusMm : 0, 0}, out.findings);
  if (!peaks || wanted.size() == 1 || region.intensity_voxels == 0) {
    out.features = FeaturesOf(exec, region, settings, wanted, out.findings);
    return out;
  }
  // What lies around the structure is only asked for by one family, and need not be held while the others run.
  const std::vector<Feature> around = FeaturesOf(exec, region, settings, {{*local}}, out.findings);
  region.DropSurroundings();
  const std::vector<const Family*> before(wanted.begin(), local);
  const auto place = static_cast<std::ptrdiff_t>(CountOf(before, settings));
  std::vector<const Family*> others = wanted;
  others.erase(others.begin() + (local - wanted.begin()));
  out.features = FeaturesOf(exec, region, settings, others, out.findings);
  out.features.insert(out.features.begin() + place, around.begin(), around.end());
  return out;
}

std::vector<Feature> FeaturesOf(const Exec& exec, const Region& region, const Settings& settings,
                                std::span<const Family* const> wanted, Findings& findings) {
  std::vector<Feature> out;
  const auto uses = [&](auto what) { return std::any_of(wanted.begin(), wanted.end(), what); };
  const bool usable = region.intensity_voxels > 0;
  Intensities intensities;
  Matrices matrices;
  const Subject subject{&region, &intensities, &matrices.discretised, &matrices.levels, &matrices.zones_2d, &matrices.zones_3d, &settings};
  std::vector<std::unique_ptr<Values>> values(wanted.size());
  for (size_t f = 0; f < wanted.size(); ++f) {
    values[f] = std::make_unique<Values>(std::max<size_t>(wanted[f]->variants.size(), 1), wanted[f]->features.size());
  }
  const auto run = [&](const std::vector<std::function<void()>>& tasks) {
    ParallelFor(exec, static_cast<int64_t>(tasks.size()), 1, [&](int64_t t, int64_t) { tasks[static_cast<size_t>(t)](); });
  };
  const auto missing = [&](const Family& family) -> std::string {
    if (!usable) return findings.empty() ? "roi.empty" : findings.back().code;
    return family.needs_levels ? matrices.missing : "";
  };
  // One after the other, so that no more is held than the next ones need: families of the region itself; with a list of its
  // intensities those of intensities; with levels those of levels, while zones are made; and those of zones.
  std::vector<std::function<void()>> of_region, plain, first, then;
  for (size_t f = 0; f < wanted.size(); ++f) {
    const Family& family = *wanted[f];
    auto& tasks = OfRegion(&family) ? of_region : family.needs_zones ? then : family.needs_levels ? first : plain;
    tasks.push_back([&, f] { wanted[f]->compute(subject, exec, *values[f]); });
  }
  if (usable) {
    run(of_region);
    if (of_region.size() < wanted.size()) {
      intensities.values = IntensitiesOf(exec, region);
      intensities.distinct = CountsOf(intensities.values);
    }
    run(plain);
    if (!first.empty() || !then.empty()) matrices = MatricesOf(exec, region, intensities, settings, findings);
    if (std::none_of(wanted.begin(), wanted.end(), [](const Family* f) { return Is(f, "firstorder"); })) intensities = {};
  }
  if (!usable || !matrices.missing.empty()) {
    first.clear();
    then.clear();
  }
  if (!then.empty()) {
    const bool distances = uses([](const Family* f) { return Is(f, "gldzm"); });
    if (settings.aggregations[k3dMerged]) {
      first.push_back([&, distances] { matrices.zones_3d = Zones3d(exec, region, matrices.levels, distances); });
    }
    if (settings.aggregations[k2dAverage] || settings.aggregations[k25dMerged]) {
      first.push_back([&, distances] { matrices.zones_2d = Zones2d(exec, region, matrices.levels, distances); });
    }
  }
  run(first);
  run(then);
  for (size_t f = 0; f < wanted.size(); ++f) {
    const Family& family = *wanted[f];
    const std::string why = missing(family);
    for (size_t a = 0; a < std::max<size_t>(family.variants.size(), 1); ++a) {
      if (!family.variants.empty() && !settings.aggregations[family.variants[a].aggregation]) continue;
      const std::string suffix = family.variants.empty() ? "" : family.variants[a].suffix;
      for (size_t i = 0; i < family.features.size(); ++i) {
        const FeatureInfo& info = family.features[i];
        const double value = values[f]->At(a, i);
        const bool defined = std::isfinite(value);
        out.push_back({info.tag + suffix, defined ? value : std::nan(""), UnitOf(info.unit, region.unit), info.id,
                                family.name, defined ? "" : why.empty() ? "feature.undefined" : why});
      }
    }
  }
  return out;
}

}  // namespace isovox::radiomics
