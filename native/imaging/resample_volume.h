// A volume on a lattice of other spacings along the same axes.
#pragma once

#include <array>

#include "exec/exec.h"
#include "imaging/resample.h"
#include "volume/volume.h"

namespace isovox {

// The lattice of `grid` with other spacings in millimetres, 0 to keep one: both share their centre.
Grid ResampledGrid(const Grid& grid, const std::array<double, 3>& spacing_mm);

// Each frame and component by itself, as stored values that keep their scaling; whole numbers are rounded to the nearest
// and held within their type. Throws ERR_RESOURCE when the sizes do not fit in memory.
Volume ResampleVolume(const Exec& exec, const Volume& volume, const std::array<double, 3>& spacing_mm, Interpolation method);

}  // namespace isovox
