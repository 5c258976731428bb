// Reads an RT Structure Set (PS3.3 A.19, C.8.8.5, C.8.8.6): contours in patient millimetres, and what is wrong with them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "volume/roi.h"

namespace isovox::dicom {

struct RtStruct {
  std::vector<Roi> rois;   // in the order of StructureSetROISequence, those without contours too
  nlohmann::json summary;  // RtStructSummary (lib/native/dicom-types.ts)
};

// A contour that cannot be used becomes a finding and is left out; only a file that is no structure set throws.
RtStruct ReadRtStruct(const Exec& exec, const std::string& path);

}  // namespace isovox::dicom
