// A volume at the voxels of another lattice, whatever the angle between the two.
#pragma once

#include "exec/exec.h"
#include "imaging/resample.h"
#include "volume/volume.h"

namespace isovox {

// Each frame and component by itself, as stored values that keep their scaling; whole numbers are rounded to the nearest
// and held within their type. A voxel whose centre lies more than half a voxel beyond the outermost samples of `volume`
// gets the physical value `outside`; nearer than that the outermost sample counts.
// Throws ERR_GEOMETRY for axes that span no volume, ERR_RESOURCE when the sizes do not fit in memory.
Volume ResampleOnto(const Exec& exec, const Volume& volume, const Grid& target, Interpolation method, double outside);

}  // namespace isovox
