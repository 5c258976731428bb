// Reads a DICOM Segmentation (PS3.3 A.51), BINARY or FRACTIONAL, as one mask per segment on a common grid.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "volume/mask.h"

namespace isovox::dicom {

struct Segmentation {
  std::vector<CoverageMask> masks;  // in the order of SegmentSequence; fractions 0..1 of a FRACTIONAL object
  nlohmann::json summary;           // SegmentationSummary (lib/native/dicom-types.ts)
};

// Frames must lie on parallel planes, a whole number of steps apart: ERR_GEOMETRY otherwise.
Segmentation ReadSegmentation(const Exec& exec, const std::string& path);

}  // namespace isovox::dicom
