// The surface where a volume passes a value, as triangles that share their corners.
//
// Marching cubes in passes over rows, so that each part of the output has its place before it is written (W. Schroeder,
// R. Maynard, B. Geveci, Flying Edges, IEEE LDAV 2015): rows become bits, words of bits are counted, counts are summed.
#pragma once

#include <cstdint>
#include <memory>

#include "exec/exec.h"
#include "volume/volume.h"

namespace isovox {

struct Surface {
  int64_t points = 0, triangles = 0;
  std::unique_ptr<float[]> positions;   // x, y, z of each point, LPS millimetres
  std::unique_ptr<uint32_t[]> corners;  // three points of each triangle, counter-clockwise seen from outside
  double area_mm2 = 0;
  double volume_mm3 = 0;  // that it encloses; means nothing when the surface is cut off by the volume's border
};

// Inside are the voxels whose physical value is at least `level`; points lie on the lines between the centres of
// neighbouring voxels, by linear interpolation. The surface is open where the inside touches the volume's border.
// Of the first frame and component. Throws ERR_RESOURCE for more than 2^32 - 1 points.
Surface ExtractSurface(const Exec& exec, const Volume& volume, double level);

}  // namespace isovox
