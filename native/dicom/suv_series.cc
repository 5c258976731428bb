#include "dicom/file.h"
#include "dicom/series.h"
#include "dicom/suv.h"

namespace isovox::dicom {
namespace {

// The facts of the image that was acquired first: it stands for the beginning of the scan.
PetFacts EarliestFacts(const Exec& exec, const nlohmann::json& paths) {
  std::optional<PetFacts> earliest;
  std::string last;
  for (const auto& path : paths) {
    if (path == last) continue;  // planes of one file
    last = path.get<std::string>();
    exec.CheckCancelled();
    PetFacts facts = PetFactsOf(DicomFile::Open(last).set());
    const bool earlier = facts.acquisition && (!earliest || !earliest->acquisition || *facts.acquisition < *earliest->acquisition);
    if (!earliest || earlier) earliest = std::move(facts);
  }
  return *earliest;
}

}  // namespace

Series ReadSuv(const Exec& exec, const std::vector<std::string>& paths, const std::string& suv_type,
               const SeriesOptions& options) {
  const SuvType type = SuvTypeFrom(suv_type);
  Series series = ReadSeries(exec, paths, options);
  Findings findings;
  const Suv suv = SuvOf(EarliestFacts(exec, series.summary["paths"]), type, findings);
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
