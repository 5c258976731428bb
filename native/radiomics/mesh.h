// Volume and area of the marching-cubes mesh of a binary mask, and the mesh's outermost corners.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "imaging/marching_cubes.h"
#include "radiomics/extents.h"
#include "radiomics/region.h"

namespace isovox::radiomics {

struct MeshSize {
  double mm3 = 0;
  double mm2 = 0;
};

// The surface runs half way between a voxel inside and one outside.
MeshSize MeasureMesh(const Region& region, MeshKind kind);

// Corners of the mesh in half voxels, with every corner of its convex hull among them.
using HalfVoxel = std::array<int64_t, 3>;
std::vector<HalfVoxel> OuterCorners(const Extents& extents);

}  // namespace isovox::radiomics
