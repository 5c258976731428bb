#include "dicom/file.h"
#include "dicom/series.h"
#include "dicom/suv.h"
#include "io/open_ahead.h"

namespace isovox::dicom {
namespace {

// The facts of the image that was acquired first: it stands for the beginning of the scan.
PetFacts EarliestFacts(const Exec& exec, const std::vector<std::string>& paths) {
  std::vector<PetFacts> all(paths.size());
  std::vector<FileAhead> files;
  for (const std::string& path : paths) files.push_back({path, 0, ""});
  ForEachFile(exec, files, 8, [&](size_t f, const std::function<File()>& open) {
    all[f] = PetFactsOf(DicomFile::Open(paths[f], open).set());
  });
  size_t earliest = 0;
  for (size_t f = 1; f < all.size(); ++f) {
    const auto &facts = all[f].acquisition, &before = all[earliest].acquisition;
    if (facts && (!before || *facts < *before)) earliest = f;
  }
  return std::move(all[earliest]);
}

}  // namespace

Series ReadSuv(const Exec& exec, const std::vector<std::string>& paths, const std::string& suv_type,
               const SeriesOptions& options) {
  const SuvType type = SuvTypeFrom(suv_type);
  Series series = ReadSeries(exec, paths, options);
  Findings findings;
  const Suv suv = SuvOf(EarliestFacts(exec, series.paths), type, findings);
  for (auto& finding : ToJson(findings)) series.summary["findings"].push_back(std::move(finding));
  series.volume.slope *= suv.factor;
  series.volume.intercept *= suv.factor;
  series.volume.unit = SuvUnit(type);
  series.summary["suv"] = {{"type", suv_type},
                           {"factor", suv.factor},
                           {"decayedDoseBq", suv.decayed_dose_bq},
                           {"decaySeconds", suv.decay_s}};
  return series;
}

}  // namespace isovox::dicom
