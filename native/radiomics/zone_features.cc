#include "radiomics/zone_features.h"

namespace isovox::radiomics {

void ZoneFeatures(const Subject& subject, int64_t (*key)(const Zone&),
                  const std::function<void(const SizeSums&, std::span<double>)>& evaluate, size_t features,
                  Values& values) {
  const Levels& levels = *subject.levels;
  const auto& wanted = subject.settings->aggregations;
  const auto add = [&](const Zones& zones, size_t first, size_t last, SizeCounter& counts) {
    for (size_t z = first; z < last; ++z) counts.Add(zones.zones[z].code, key(zones.zones[z]));
  };
  SizeCounter counts(levels);
  if (wanted[k2dAverage]) {
    RowMean average(features);
    std::vector<double> row(features);
    for (size_t k = 0; k + 1 < subject.zones_2d->slice_zones.size(); ++k) {
      int64_t voxels = 0;
      for (size_t s = levels.slice_spans[k]; s < levels.slice_spans[k + 1]; ++s) voxels += levels.spans[s].length;
      if (voxels == 0) continue;
      counts.Clear();
      add(*subject.zones_2d, subject.zones_2d->slice_zones[k], subject.zones_2d->slice_zones[k + 1], counts);
      evaluate(SumsOf(counts.Entries(), static_cast<double>(voxels)), row);
      average.Add(row);
    }
    average.Store(values.Row(0));
  }
  const auto voxels = static_cast<double>(levels.voxels);
  if (wanted[k25dMerged]) {
    counts.Clear();
    add(*subject.zones_2d, 0, subject.zones_2d->zones.size(), counts);
    evaluate(SumsOf(counts.Entries(), voxels), values.Row(1));
  }
  if (wanted[k3dMerged]) {
    counts.Clear();
    add(*subject.zones_3d, 0, subject.zones_3d->zones.size(), counts);
    evaluate(SumsOf(counts.Entries(), voxels), values.Row(2));
  }
}

}  // namespace isovox::radiomics
