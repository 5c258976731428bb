// Reads image files of one series as one volume: planes sorted by position along the slice normal, what is missing,
// double, uneven or tilted named, uncompressed pixels read straight into place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dicom/stack.h"
#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox::dicom {

struct Series {
  Volume volume;           // stored values with slope and intercept; float32 physical ones when planes scale differently
  nlohmann::json summary;  // SeriesSummary (lib/native/dicom-types.ts)
  std::vector<std::string> paths;  // of the files that its planes come from
};

struct SeriesOptions {
  // Missing, double or unevenly spaced planes throw ERR_GEOMETRY instead of becoming findings.
  bool strict = false;
  Gaps gaps = Gaps::kName;
  bool first_time = false;  // of several images at each position only the first: the volume has three axes, and a finding says so
  bool voxels = true;  // false: only what the headers say; the volume has no storage
};

// By name: "name", "refuse", "fill". Throws ERR_INVALID_ARGUMENT for another.
Gaps GapsFrom(const std::string& name);

Series ReadSeries(const Exec& exec, const std::vector<std::string>& paths, const SeriesOptions& options = {});

// The same of a PET series as SUV: `suv_type` is one of "bw", "lbm", "lbm-janma", "bsa" (suv.h). Stored values stay as they
// are and the slope and intercept make SUV of them; summary["suv"] says by which factor. Throws ERR_UNSUPPORTED naming what
// the headers lack.
Series ReadSuv(const Exec& exec, const std::vector<std::string>& paths, const std::string& suv_type,
               const SeriesOptions& options = {});

}  // namespace isovox::dicom
