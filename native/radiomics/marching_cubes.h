// Triangles of a cube whose eight corners are inside or outside.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "radiomics/mesh.h"

namespace isovox::radiomics {

// Corner c of a cube: bit 0 is i, bit 1 is j, bit 2 is k. A triangle's corners are middles of cube edges, in half voxels
// from corner 0, and its normal points outwards.
using CubeTriangle = std::array<std::array<int, 3>, 3>;

// Triangles by the mask of inside corners.
const std::array<std::vector<CubeTriangle>, 256>& CubeTriangles(MeshKind kind);

}  // namespace isovox::radiomics
