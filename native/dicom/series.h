// Reads image files of one series as one volume: planes sorted by position along the slice normal, what is missing,
// double, uneven or tilted named, uncompressed pixels read straight into place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox::dicom {

struct Series {
  Volume volume;           // stored values with slope and intercept; float32 physical ones when planes scale differently
  nlohmann::json summary;  // SeriesSummary (lib/native/dicom-types.ts)
};

struct SeriesOptions {
  // Missing, double or unevenly spaced planes throw ERR_GEOMETRY instead of becoming findings.
  bool strict = false;
};

Series ReadSeries(const Exec& exec, const std::vector<std::string>& paths, const SeriesOptions& options = {});

}  // namespace isovox::dicom
