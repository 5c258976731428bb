// Contours to voxels: how much of every voxel of a grid the structure covers.
#pragma once

#include "exec/exec.h"
#include "imaging/solid.h"
#include "volume/mask.h"
#include "volume/roi.h"
#include "volume/volume.h"

namespace isovox {

enum class CoverageKind {
  kSection,  // the area covered on the voxel's middle plane, as if drawn on that slice
  kSlab,     // the volume covered, averaged over the voxel's thickness
};

struct Voxelised {
  CoverageMask mask;
  Findings findings;  // of the contours; roi.outside, roi.cut by the grid
};

// Exact in the plane where the contours are parallel to two of the grid's axes; otherwise every voxel is divided into
// parts half as wide, in a lattice along the contours.
Voxelised Voxelise(const Roi& roi, const Grid& grid, const SolidOptions& options, CoverageKind kind, const Exec& exec);

double VolumeCc(const CoverageMask& mask);

// A float32 volume of fractions, or a uint8 one of voxels covered by at least half.
enum class MaskVolume { kFraction, kBinary };
Volume MaskToVolume(const CoverageMask& mask, MaskVolume mode);
// Voxels equal to `label`, or above 0 without one; the first frame and component.
CoverageMask MaskFromVolume(const Volume& volume, std::optional<double> label, const Exec& exec);

}  // namespace isovox
