// Where a patient plane cuts a structure, as lines to draw.
#pragma once

#include "exec/exec.h"
#include "imaging/isolines.h"
#include "imaging/slice.h"
#include "imaging/solid.h"
#include "volume/mask.h"

namespace isovox {

// Parallel to the contours: the solid's section, which on a drawn plane is the drawn contours. Across them: the section
// is rasterised at `pixel` millimetres and followed at half coverage.
Polylines OutlineOfRoi(const Roi& roi, const SolidOptions& options, PatientPlane plane, double position, double pixel);
Polylines OutlineOfMask(const CoverageMask& mask, PatientPlane plane, double position, double pixel, const Exec& exec);

}  // namespace isovox
