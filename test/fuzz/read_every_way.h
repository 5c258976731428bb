// Everything that may be done with a file that somebody else wrote. A typed error is an answer; anything else is not.
#pragma once

#include <string>

#include "base/error.h"
#include "dicom/header.h"
#include "dicom/rtdose.h"
#include "dicom/rtstruct.h"
#include "dicom/series.h"
#include "formats/format.h"
#include "formats/statistics.h"

namespace isovox::fuzz {

template <typename Act>
void Answered(Act act) {
  try {
    act();
  } catch (const Error&) {
  }
}

inline void ReadEveryWay(const std::string& path) {
  Answered([&] { dicom::ScanHeaders({}, {path}); });
  Answered([&] { dicom::ReadRtStruct({}, path); });
  Answered([&] { dicom::ReadRtDose({}, path); });
  Answered([&] { dicom::ReadSuv({}, {path}, "lbm"); });
  Answered([&] { formats::StatisticsOf({}, formats::ReadVolume({}, path).volume); });
}

}  // namespace isovox::fuzz
