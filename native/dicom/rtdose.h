// Reads an RT Dose (PS3.3 A.18, C.8.8.3) as gray on a grid whose planes ascend along the slice normal.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "exec/exec.h"
#include "volume/dose_grid.h"

namespace isovox::dicom {

struct RtDose {
  DoseGrid dose;
  nlohmann::json summary;  // RtDoseSummary (lib/native/dicom-types.ts)
};

RtDose ReadRtDose(const Exec& exec, const std::string& path);

}  // namespace isovox::dicom
