// Reads a DICOM Segmentation (PS3.3 A.51), BINARY, FRACTIONAL or LABELMAP, as one mask per segment on a common grid.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exec/exec.h"
#include "volume/mask.h"

namespace isovox::dicom {

struct Segmentation {
  // In the order of SegmentSequence, without the background of a LABELMAP; fractions 0..1 of a FRACTIONAL object.
  std::vector<CoverageMask> masks;
  nlohmann::json summary;           // SegmentationSummary (lib/native/dicom-types.ts)
};

// Frames must lie on parallel planes, a whole number of steps apart: ERR_GEOMETRY otherwise.
Segmentation ReadSegmentation(const Exec& exec, const std::string& path);

}  // namespace isovox::dicom
